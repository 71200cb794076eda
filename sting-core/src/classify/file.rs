//! A model as bytes: settings, classes, what the weights follow from where anything was learnt, and the events kept back, as places.

use super::calibrate::{Calibration, MOST_ROWS};
use super::linear::{Linear, Row, weight};
use super::{EventModel, MOST_LABELS, MOST_WEIGHTS, ModelConfig};
use crate::Error;
use crate::state::{Reader, Writer};

const KIND: [u8; 4] = *b"STcl";
/// 2: features are hashed in another way.
const VERSION: u16 = 2;
/// More numbers than any embedder makes.
const MOST_DENSE: usize = 65_536;

impl EventModel {
    /// The whole model, as bytes with a version and a checksum. The events kept back are in it as hashes of what they say.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::new(KIND, VERSION);
        let config = &self.config;
        out.u32(config.bits);
        out.u32(config.passes);
        out.f32(config.balance);
        out.u32(config.class_weights.len() as u32);
        for (label, weight) in &config.class_weights {
            out.text(label);
            out.f32(*weight);
        }
        out.u32(self.linear.dense() as u32);
        out.u32(self.labels.len() as u32);
        for ((label, learnt), offset) in self.labels.iter().zip(&self.learnt).zip(&self.calibration.offsets) {
            out.text(label);
            out.u64(*learnt);
            out.f32(*offset);
        }
        out.f32(self.calibration.sharpness);

        let classes = self.labels.len().max(1);
        let rows = self.linear.sums.chunks_exact(classes).zip(self.linear.squares.chunks_exact(classes));
        let rows = rows.enumerate().filter(|(_, (_, squares))| squares.iter().any(|square| *square > 0.0));
        out.u32(rows.clone().count() as u32);
        for (at, (sums, squares)) in rows {
            out.u32(at as u32);
            for number in sums.iter().chain(squares) {
                out.f32(*number);
            }
        }
        out.u32(self.calibration.rows.len() as u32);
        for row in &self.calibration.rows {
            out.u32(row.class as u32);
            out.u32(row.places.len() as u32);
            for place in &row.places {
                out.u32(*place);
            }
            for number in &row.dense {
                out.f32(*number);
            }
        }
        out.finish()
    }

    /// The model that wrote the bytes. One that learnt with an embedder needs it again, see [`EventModel::with_embedder`].
    ///
    /// # Errors
    /// [`Error::State`] if the bytes are something else, of another version, or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Reader::open(bytes, KIND, VERSION, "classifier")?;
        let mut config = ModelConfig {
            bits: from.u32()?,
            passes: from.u32()?,
            balance: from.f32()?,
            class_weights: Vec::new(),
        };
        for _ in 0..from.count(8)? {
            config.class_weights.push((from.text()?, from.f32()?));
        }
        config.check().map_err(|_| from.fault("its settings cannot work"))?;
        let dense = from.u32()? as usize;
        let classes = from.count(16)?;
        if dense > MOST_DENSE || classes > MOST_LABELS {
            return Err(from.fault("it has more classes or numbers than there can be"));
        }
        let (mut labels, mut learnt) = (Vec::new(), Vec::new());
        let mut calibration = Calibration::default();
        for _ in 0..classes {
            let label = from.text()?;
            if labels.contains(&label) {
                return Err(from.fault("a class is in it twice"));
            }
            labels.push(label);
            learnt.push(from.u64()?.min(1 << 53));
            calibration.offsets.push(from.f32_in(-1e6..=1e6)?);
        }
        calibration.sharpness = from.f32_in(0.0..=1e3)?;
        let mut linear = Linear::new(config.bits, dense);
        if linear.rows() * classes > MOST_WEIGHTS {
            return Err(from.fault("it has more weights than there can be"));
        }
        linear.set_classes(classes);
        read_weights(&mut linear, &mut from)?;
        read_rows(&mut calibration, &linear, config.bits, &mut from)?;
        from.finish()?;
        Ok(Self { config, labels, learnt, linear, calibration, embedder: None })
    }
}

fn read_weights(linear: &mut Linear, from: &mut Reader<'_>) -> Result<(), Error> {
    let classes = linear.classes;
    for _ in 0..from.count(4 + 8 * classes)? {
        let at = from.u32()? as usize;
        if at >= linear.rows() {
            return Err(from.fault("a weight in it has no place"));
        }
        let here = at * classes..(at + 1) * classes;
        for sum in &mut linear.sums[here.clone()] {
            *sum = from.f32_in(-1e9..=1e9)?;
        }
        for square in &mut linear.squares[here.clone()] {
            *square = from.f32_in(0.0..=1e18)?;
        }
        for i in here {
            linear.weights[i] = weight(linear.sums[i], linear.squares[i]);
        }
    }
    Ok(())
}

fn read_rows(
    calibration: &mut Calibration,
    linear: &Linear,
    bits: u32,
    from: &mut Reader<'_>,
) -> Result<(), Error> {
    let rows = from.count(8)?;
    if rows > MOST_ROWS {
        return Err(from.fault("it keeps back more events than it can"));
    }
    for _ in 0..rows {
        let class = from.u32()? as usize;
        let places = (0..from.count(4)?).map(|_| from.u32()).collect::<Result<Vec<_>, _>>()?;
        let dense = (0..linear.dense()).map(|_| from.f32_in(-1e6..=1e6)).collect::<Result<Vec<_>, _>>()?;
        if class >= linear.classes || places.iter().any(|place| place >> bits > 0) {
            return Err(from.fault("an event in it has no place or class"));
        }
        calibration.rows.push_back(Row { places, dense, class });
    }
    Ok(())
}
