use super::{Filler, Truth};

const TEMPLATES: &str = include_str!("templates/logs.txt");

/// The file that the truth of [`logs`] speaks of: the lines, each followed by a line feed.
pub const LOG_FILE: &str = "generated.log";

/// `count` log lines of web servers, shells, mailers, applications, builds and kernels.
///
/// About half of them carry a private value or a secret; nearly all carry something that looks
/// like one: trace ids, digests, versions, order numbers.
pub fn logs(count: usize, seed: u64) -> (Vec<String>, Truth) {
    let templates: Vec<&str> = TEMPLATES.lines().collect();
    let mut filler = Filler::new(seed, "logs");
    let (mut lines, mut truth, mut written) = (Vec::with_capacity(count), Truth::new(), 0);
    for _ in 0..count {
        let template = filler.dice().pick(&templates);
        filler.next_person();
        let line = filler.fill_bundled(LOG_FILE, template);
        truth.extend(line.planted.into_iter().map(|planted| planted.moved_by(written)));
        written += line.text.len() + 1;
        lines.push(line.text);
    }
    (lines, truth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_fills() {
        for template in TEMPLATES.lines() {
            Filler::new(1, "logs").fill("t", template).unwrap();
        }
    }

    #[test]
    fn spans_count_from_the_first_line() {
        let (lines, truth) = logs(300, 9);
        let text = lines.join("\n");
        assert_eq!(lines.len(), 300);
        assert!(truth.len() > 300);
        for planted in &truth {
            assert_eq!(planted.span.unwrap().get(&text), Some(planted.value.as_str()));
        }
    }
}
