//! What a post-processor does: special tokens around a text, and places without white space.

use super::file::{Fault, flag, kind, malformed, not_built_in};
use crate::Span;
use serde_json::Value;

/// Special tokens around a text, and how places are trimmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) before: Vec<u32>,
    pub(super) after: Vec<u32>,
    pub(super) trims: Vec<Trim>,
}

/// Takes the white space of a token out of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trim {
    /// The space before the first token was put there by the pre-tokenizer, and so has no place.
    first_space_is_ours: bool,
}

impl Trim {
    /// The place of `token`, which lies at `span`; `first` if no token is before it.
    pub(super) fn apply(self, token: &str, span: Span, first: bool) -> Span {
        let is_blank = |c: &char| *c == 'Ġ' || c.is_whitespace();
        let mut leading = token.chars().take_while(is_blank).count();
        let trailing = token.chars().rev().take_while(is_blank).count();
        if leading == 1 && self.first_space_is_ours && (first || span.start == 0) {
            leading = 0;
        }
        let Span { mut start, mut end } = span;
        if leading > 0 {
            start = (start + leading).min(end);
        }
        if trailing > 0 && end >= trailing {
            end = (end - trailing).max(start);
        }
        Span { start, end }
    }
}

impl Template {
    /// Reads a post-processor.
    pub(super) fn read(processor: &Value) -> Result<Self, Fault> {
        let mut template = Self::default();
        template.add(processor, 0)?;
        Ok(template)
    }

    fn add(&mut self, processor: &Value, depth: usize) -> Result<(), Fault> {
        let malformed = || malformed("post_processor");
        let trim = Trim { first_space_is_ours: flag(processor, "add_prefix_space", true) };
        match kind(processor) {
            "none" => {}
            "ByteLevel" => self.trims.extend(flag(processor, "trim_offsets", true).then_some(trim)),
            "Sequence" if depth < 8 => {
                let list = processor.get("processors").and_then(Value::as_array).ok_or_else(malformed)?;
                list.iter().try_for_each(|processor| self.add(processor, depth + 1))?;
            }
            name @ ("BertProcessing" | "RobertaProcessing") => {
                let id = |name: &str| id(processor.get(name).and_then(|pair| pair.get(1)));
                self.before.insert(0, id("cls")?);
                self.after.push(id("sep")?);
                let trims = name == "RobertaProcessing" && flag(processor, "trim_offsets", true);
                self.trims.extend(trims.then_some(trim));
            }
            "TemplateProcessing" => self.add_template(processor)?,
            other => return Err(not_built_in("post_processor", other)),
        }
        Ok(())
    }

    fn add_template(&mut self, processor: &Value) -> Result<(), Fault> {
        let malformed = || malformed("post_processor");
        let (mut before, mut after, mut texts) = (Vec::new(), Vec::new(), 0);
        for item in processor.get("single").and_then(Value::as_array).ok_or_else(malformed)? {
            if item.get("Sequence").is_some() {
                texts += 1;
                continue;
            }
            let name = item.pointer("/SpecialToken/id").and_then(Value::as_str).ok_or_else(malformed)?;
            let ids = processor.get("special_tokens").and_then(|all| all.get(name)?.get("ids"));
            for value in ids.and_then(Value::as_array).ok_or_else(malformed)? {
                let side = if texts > 0 { &mut after } else { &mut before };
                side.push(id(Some(value))?);
            }
        }
        if texts != 1 {
            return Err(not_built_in("post_processor", "template without exactly one text"));
        }
        before.append(&mut self.before);
        self.before = before;
        self.after.append(&mut after);
        Ok(())
    }
}

fn id(value: Option<&Value>) -> Result<u32, Fault> {
    let id = value.and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
    id.ok_or_else(|| malformed("post_processor"))
}
