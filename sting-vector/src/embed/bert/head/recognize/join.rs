//! From labels of tokens to entities.

use sting_core::Span;
use sting_core::model::Entity;

/// What a label says of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    mark: Mark,
    label: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Not in an entity.
    Outside,
    Begin,
    Inside,
    End,
    Single,
}

/// Reads a model's labels. If all but `O` have the prefixes of a tagging scheme, these are taken off.
pub(super) fn tags(labels: &[String]) -> Vec<Tag> {
    let split = |label: &str| {
        let (prefix, rest) = label.split_once(['-', '_'])?;
        let mark = match prefix {
            "B" => Mark::Begin,
            "I" | "M" => Mark::Inside,
            "E" | "L" => Mark::End,
            "S" | "U" => Mark::Single,
            _ => return None,
        };
        Some(Tag { mark, label: rest.to_owned() })
    };
    let has_scheme = labels.iter().all(|label| label == "O" || split(label).is_some());
    let read = |label: &String| {
        let plain =
            Tag { mark: if label == "O" { Mark::Outside } else { Mark::Inside }, label: label.clone() };
        split(label).filter(|_| has_scheme).unwrap_or(plain)
    };
    labels.iter().map(read).collect()
}

/// Whether a token goes on with the word of the one before it. Characters of scripts that put no spaces between
/// words are words of their own.
pub(super) fn continues(text: &str, before: Span, token: Span) -> bool {
    let is_part = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
    before.end == token.start
        && text[..before.end].chars().next_back().is_some_and(is_part)
        && text[token.start..].chars().next().is_some_and(is_part)
}

/// Joins the tokens of one text, given in order.
#[derive(Debug)]
pub(super) struct Joiner<'a> {
    text: &'a str,
    entities: Vec<Entity>,
    last: Option<Span>,
    /// The entity that the last token belongs to.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    /// Its score is the sum over its words.
    entity: Entity,
    words: u32,
    /// The scheme says that no word follows.
    is_complete: bool,
}

impl<'a> Joiner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, entities: Vec::new(), last: None, open: None }
    }

    pub(super) fn push(&mut self, token: Span, tag: &Tag, score: f32) {
        let goes_on = self.last.replace(token).is_some_and(|last| continues(self.text, last, token));
        if goes_on {
            if let Some(open) = &mut self.open {
                open.entity.end = token.end;
            }
            return;
        }
        let is_complete = matches!(tag.mark, Mark::End | Mark::Single);
        match &mut self.open {
            Some(open) if open.takes(tag) => {
                open.entity.end = token.end;
                open.entity.score += score;
                open.words += 1;
                open.is_complete = is_complete;
            }
            _ => {
                self.close();
                if tag.mark != Mark::Outside {
                    let label = tag.label.clone();
                    let entity = Entity { start: token.start, end: token.end, label, score };
                    self.open = Some(Open { entity, words: 1, is_complete });
                }
            }
        }
    }

    fn close(&mut self) {
        if let Some(Open { mut entity, words, .. }) = self.open.take() {
            entity.score /= words as f32;
            self.entities.push(entity);
        }
    }

    pub(super) fn finish(mut self) -> Vec<Entity> {
        self.close();
        self.entities
    }
}

impl Open {
    fn takes(&self, tag: &Tag) -> bool {
        matches!(tag.mark, Mark::Inside | Mark::End) && !self.is_complete && self.entity.label == tag.label
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The entities of words with these labels, as `label:text`.
    fn joined(words: &[(&str, &str)]) -> String {
        let mut labels: Vec<String> = words.iter().map(|(_, label)| (*label).to_owned()).collect();
        labels.sort_unstable();
        labels.dedup();
        let tags = tags(&labels);
        let text = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" ");
        let mut joiner = Joiner::new(&text);
        let mut at = 0;
        for (word, label) in words {
            // Two tokens a word, of which the second is labelled at random.
            let middle = word.char_indices().nth(1).map_or(word.len(), |(at, _)| at);
            let tag = |label: &str| &tags[labels.iter().position(|other| other == label).unwrap()];
            joiner.push(Span::new(at, at + middle), tag(label), 0.5);
            if middle < word.len() {
                joiner.push(Span::new(at + middle, at + word.len()), &tags[at % tags.len()], 0.1);
            }
            at += word.len() + 1;
        }
        let entities = joiner.finish();
        assert!(entities.iter().all(|entity| (entity.score - 0.5).abs() < 1e-6));
        let show = |e: &Entity| format!("{}:{}", e.label, &text[e.start..e.end]);
        entities.iter().map(show).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn every_scheme_is_joined() {
        let o = ("in", "O");
        let bio = [("Ada", "B-PER"), ("Lovelace", "I-PER"), ("Byron", "B-PER"), o, ("London", "I-LOC")];
        assert_eq!(joined(&bio), "PER:Ada Lovelace | PER:Byron | LOC:London");
        let bioes =
            [("Ada", "B-PER"), ("King", "E-PER"), ("Byron", "I-PER"), ("Rome", "S-LOC"), ("Bonn", "S-LOC")];
        assert_eq!(joined(&bioes), "PER:Ada King | PER:Byron | LOC:Rome | LOC:Bonn");
        let bilou = [("Ada", "B-PER"), ("von", "I-PER"), ("King", "L-PER"), o, ("Rome", "U-LOC")];
        assert_eq!(joined(&bilou), "PER:Ada von King | LOC:Rome");
        let none = [("Ada", "PER"), ("King", "PER"), ("Rome", "LOC"), o, ("Bonn", "LOC")];
        assert_eq!(joined(&none), "PER:Ada King | LOC:Rome | LOC:Bonn");
    }

    #[test]
    fn labels_of_no_scheme_keep_their_dashes() {
        let labels = ["O", "E-MAIL", "NAME"].map(str::to_owned);
        let read: Vec<String> = tags(&labels).into_iter().map(|tag| tag.label).collect();
        assert_eq!(read, ["O", "E-MAIL", "NAME"]);
    }

    #[test]
    fn characters_without_spaces_are_words() {
        let text = "東京x1";
        let span = |start, end| Span::new(start, end);
        assert!(!continues(text, span(0, 3), span(3, 6)) && !continues(text, span(3, 6), span(6, 7)));
        assert!(continues(text, span(6, 7), span(7, 8)));
    }
}
