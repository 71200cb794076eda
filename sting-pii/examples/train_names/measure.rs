//! What the model finds in texts that are held out, and what its margins are worth.

use crate::crf::exp;
use crate::names::model::{CALIBRATION, KINDS as COUNT, MARGIN_STEP, Model};
use crate::names::reader::{Name, Reader};
use crate::{KINDS, Sample};

type Groups = [(&'static str, Vec<Sample>)];
type Failure = Box<dyn std::error::Error>;

fn names(model: &Model<'_>, text: &str) -> Vec<Name> {
    let mut found = Vec::new();
    Reader::default().read(model, text.as_bytes(), 0..text.len(), &mut found);
    found
}

/// The table from margins to probabilities: for each kind the logistic curve that fits best.
pub(super) fn calibrate(bytes: &[u8], groups: &Groups) -> Result<Vec<u8>, Failure> {
    let model = Model::read(bytes).ok_or("a model that cannot be read")?;
    let mut seen = vec![Vec::new(); COUNT];
    for sample in groups.iter().flat_map(|(_, samples)| samples) {
        for name in names(&model, &sample.text) {
            let places = |kind: usize| kind == 1 || kind == 3;
            let right = sample.spans.iter().any(|(start, end, kind)| {
                *start < name.span.end
                    && name.span.start < *end
                    && (*kind == name.kind || places(*kind) && places(name.kind))
            });
            seen[name.kind].push((f64::from(name.margin) / 100.0, f64::from(u8::from(right))));
        }
    }
    let mut table = Vec::new();
    for (kind, seen) in seen.iter().enumerate() {
        // Newton's method on the two parameters, held near a slope of one half.
        let (mut offset, mut slope) = (0.0, 0.5);
        for _ in 0..30 {
            let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, (slope - 0.5) * 2.0, 1.0, 0.0, 2.0);
            g0 += offset;
            for (x, right) in seen {
                let p = 1.0 / (1.0 + exp(-(offset + slope * x)));
                let w = p * (1.0 - p);
                g0 += p - right;
                g1 += (p - right) * x;
                h00 += w;
                h01 += w * x;
                h11 += w * x * x;
            }
            let determinant = h00 * h11 - h01 * h01;
            offset -= (g0 * h11 - g1 * h01) / determinant;
            slope -= (g1 * h00 - g0 * h01) / determinant;
        }
        eprintln!("{}: {} seen, probability {offset:.2} + {slope:.2} a nat", KINDS[kind], seen.len());
        for step in 0..CALIBRATION {
            let margin = (step as f64 + 0.5) * f64::from(MARGIN_STEP) / 100.0;
            let p = 1.0 / (1.0 + exp(-(offset + slope.max(0.0) * margin)));
            table.push((p * 256.0).round().clamp(1.0, 255.0) as u8);
        }
    }
    Ok(table)
}

#[derive(Default)]
struct Score {
    found: usize,
    truth: usize,
    both: usize,
}

impl Score {
    fn text(&self) -> String {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        format!("{:.3} / {:.3}", share(self.both, self.found), share(self.both, self.truth))
    }
}

/// Prints precision and recall, group by group: of words in names of any kind, and of names of each
/// kind that are found with their exact borders.
pub(super) fn report(bytes: &[u8], groups: &Groups) -> Result<(), Failure> {
    let model = Model::read(bytes).ok_or("a model that cannot be read")?;
    println!("| held out | words, any kind | words of persons | {} |", KINDS.join(" | "));
    println!("|---|---|---|---|---|---|---|");
    for (group, samples) in groups {
        let (mut any, mut person) = (Score::default(), Score::default());
        let mut exact: [Score; 4] = Default::default();
        let mut wrong = Vec::new();
        for sample in samples {
            let mut found = names(&model, &sample.text);
            found.retain(|name| model.probability(name.kind, name.margin) >= 0.5);
            let mut at = 0;
            for word in sample.text.split_inclusive(|c: char| !c.is_alphanumeric()) {
                let (start, end) = (at, at + word.len());
                at = end;
                if !word.starts_with(char::is_alphanumeric) {
                    continue;
                }
                let end = end - usize::from(!word.ends_with(char::is_alphanumeric));
                let truth = sample.spans.iter().find(|s| s.0 < end && start < s.1).map(|s| s.2);
                let ours = found.iter().find(|n| n.span.start < end && start < n.span.end).map(|n| n.kind);
                for (score, kinds) in [(&mut any, 0..4), (&mut person, 0..1)] {
                    let (truth, ours) =
                        (truth.is_some_and(|k| kinds.contains(&k)), ours.is_some_and(|k| kinds.contains(&k)));
                    score.truth += usize::from(truth);
                    score.found += usize::from(ours);
                    score.both += usize::from(truth && ours);
                }
            }
            for (kind, score) in exact.iter_mut().enumerate() {
                let truth: Vec<_> = sample.spans.iter().filter(|s| s.2 == kind).map(|s| (s.0, s.1)).collect();
                let ours: Vec<_> =
                    found.iter().filter(|n| n.kind == kind).map(|n| (n.span.start, n.span.end)).collect();
                score.truth += truth.len();
                score.found += ours.len();
                score.both += ours.iter().filter(|span| truth.contains(span)).count();
                if *group == "templates" && truth != ours && wrong.len() < 40 {
                    wrong.push((KINDS[kind], sample.text.clone(), truth, ours));
                }
            }
        }
        if std::env::var_os("SHOW").is_some() {
            for (kind, text, truth, ours) in wrong {
                let cut = |spans: &[(usize, usize)]| {
                    spans.iter().map(|(s, e)| text[*s..*e].to_owned()).collect::<Vec<_>>()
                };
                eprintln!("{kind}: {text:?}\n   true {:?} ours {:?}", cut(&truth), cut(&ours));
            }
        }
        let exact: Vec<String> = exact.iter().map(Score::text).collect();
        println!("| {group} | {} | {} | {} |", any.text(), person.text(), exact.join(" | "));
    }
    Ok(())
}
