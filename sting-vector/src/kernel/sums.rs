//! Sums of rows of a table, and the length of a row.
#![allow(unsafe_code)]

/// Partial sums of a row, added up in one order on every machine.
const LANES: usize = 16;

multiversion! {
    /// Adds `scale` times a row of signed bytes to a row of numbers.
    pub(crate) fn add_bytes(sum: &mut [f32], row: &[u8], scale: f32) {
        for (sum, &number) in sum.iter_mut().zip(row) {
            *sum += scale * f32::from(number.cast_signed());
        }
    }
}

multiversion! {
    /// Brings a row to the length `length`; a row of zeros stays as it is.
    pub(crate) fn scale_to(row: &mut [f32], length: f32) {
        let (lanes, rest) = row.as_chunks::<LANES>();
        let mut sums = [0.0; LANES];
        for lane in lanes {
            for (sum, x) in sums.iter_mut().zip(lane) {
                *sum += x * x;
            }
        }
        let square = sums.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>();
        if square > 0.0 {
            let factor = length / square.sqrt();
            for x in row {
                *x *= factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::Machine;
    use super::*;

    /// No machine may round otherwise: vectors made on one are compared with those made on another.
    #[test]
    fn every_machine_gives_the_same_bits() {
        let bytes: Vec<u8> = (0..131).map(|i| (i * 37 % 256) as u8).collect();
        let run = |machine| {
            let mut row: Vec<f32> = (0..131).map(|i| (i as f32).sin()).collect();
            add_bytes(machine, &mut row, &bytes, 0.013);
            scale_to(machine, &mut row, 0.7);
            row
        };
        let rows: Vec<Vec<f32>> = Machine::all().into_iter().map(run).collect();
        assert!(rows.iter().all(|row| *row == rows[0]));
        assert!((rows[0].iter().map(|x| x * x).sum::<f32>().sqrt() - 0.7).abs() < 1e-6);
        let mut zeros = [0.0; 5];
        scale_to(Machine::detect(), &mut zeros, 1.0);
        assert_eq!(zeros, [0.0; 5]);
    }
}
