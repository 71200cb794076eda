//! The condition language: how the selections of a rule combine.

/// Deepest nesting of parentheses and negations.
const MAX_DEPTH: usize = 64;

/// A condition over selections, which are given by their index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Selection(usize),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    /// At least `min` of these selections.
    Count {
        min: usize,
        of: Vec<usize>,
    },
}

impl Condition {
    /// The same over selections that begin `by` places later.
    pub(super) fn moved(self, by: usize) -> Self {
        let all = |parts: Vec<Self>| parts.into_iter().map(|part| part.moved(by)).collect();
        match self {
            Self::Selection(index) => Self::Selection(index + by),
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
            Self::Not(inner) => Self::Not(Box::new(inner.moved(by))),
            Self::Count { min, of } => {
                Self::Count { min, of: of.into_iter().map(|index| index + by).collect() }
            }
        }
    }
}

/// Parses a condition over the selections `names`.
///
/// # Errors
/// The message says what is wrong and how to mend it.
pub(super) fn parse(text: &str, names: &[&str]) -> Result<Condition, String> {
    if text.contains('|') {
        return Err("aggregations after `|` are obsolete; write a correlation rule".to_owned());
    }
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut parser = Parser { tokens: spaced.split_whitespace().collect(), at: 0, names };
    let condition = parser.or(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(condition),
        Some(token) => Err(format!("unexpected `{token}` in the condition; join parts with `and` or `or`")),
    }
}

struct Parser<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    names: &'a [&'a str],
}

impl Parser<'_> {
    fn take(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn or(&mut self, depth: usize) -> Result<Condition, String> {
        if depth > MAX_DEPTH {
            return Err(format!("the condition is nested deeper than {MAX_DEPTH} levels; flatten it"));
        }
        let mut parts = vec![self.and(depth)?];
        while self.take("or") {
            parts.push(self.and(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Or(parts) })
    }

    fn and(&mut self, depth: usize) -> Result<Condition, String> {
        let mut parts = vec![self.not(depth)?];
        while self.take("and") {
            parts.push(self.not(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::And(parts) })
    }

    fn not(&mut self, depth: usize) -> Result<Condition, String> {
        let mut negated = false;
        while self.take("not") {
            negated = !negated;
        }
        let inner = self.primary(depth)?;
        Ok(if negated { Condition::Not(Box::new(inner)) } else { inner })
    }

    fn primary(&mut self, depth: usize) -> Result<Condition, String> {
        if self.take("(") {
            let inner = self.or(depth + 1)?;
            return if self.take(")") {
                Ok(inner)
            } else {
                Err("a parenthesis of the condition is not closed; add `)`".to_owned())
            };
        }
        let Some(&token) = self.tokens.get(self.at) else {
            return Err("the condition ends too early; name a selection".to_owned());
        };
        self.at += 1;
        // `all of x` and `1 of x`, unless a selection has that very name.
        if self.tokens.get(self.at).is_some_and(|next| next.eq_ignore_ascii_case("of")) {
            return self.quantified(token);
        }
        match self.names.iter().position(|name| *name == token) {
            Some(index) => Ok(Condition::Selection(index)),
            None => Err(format!("the condition names `{token}`, and there is no such selection")),
        }
    }

    fn quantified(&mut self, quantity: &str) -> Result<Condition, String> {
        self.at += 1;
        let Some(&pattern) = self.tokens.get(self.at) else {
            return Err(format!("`{quantity} of` names nothing; add a selection or `them`"));
        };
        self.at += 1;
        let of = self.selections(pattern);
        if of.is_empty() {
            return Err(format!("`{quantity} of {pattern}` names nothing; there is no such selection"));
        }
        let min = if quantity.eq_ignore_ascii_case("all") {
            of.len()
        } else if quantity.eq_ignore_ascii_case("any") {
            1
        } else {
            quantity.parse().ok().filter(|&count| count > 0).ok_or_else(|| {
                format!("`{quantity} of` is no quantity; use a number above 0, `any` or `all`")
            })?
        };
        if min > of.len() {
            return Err(format!("`{quantity} of {pattern}` can never hold: there are only {}", of.len()));
        }
        Ok(Condition::Count { min, of })
    }

    /// Indexes of the selections that a name with `*` covers; names with a leading underscore only
    /// where the pattern has one too.
    fn selections(&self, pattern: &str) -> Vec<usize> {
        let pattern = if pattern.eq_ignore_ascii_case("them") { "*" } else { pattern };
        let covers = |name: &str| {
            (pattern.starts_with('_') || !name.starts_with('_'))
                && wildcard(pattern.as_bytes(), name.as_bytes())
        };
        self.names.iter().enumerate().filter(|(_, name)| covers(name)).map(|(index, _)| index).collect()
    }
}

/// `*` in `pattern` stands for any characters.
fn wildcard(pattern: &[u8], name: &[u8]) -> bool {
    let mut parts = pattern.split(|&byte| byte == b'*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match memchr::memmem::find(rest, part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::Condition::{And, Count, Not, Or, Selection};
    use super::parse;

    const NAMES: [&str; 5] = ["sel_a", "sel_b", "filter", "_hidden", "x1"];

    #[test]
    fn precedence() {
        assert_eq!(
            parse("sel_a or sel_b and not filter", &NAMES),
            Ok(Or(vec![Selection(0), And(vec![Selection(1), Not(Box::new(Selection(2)))])]))
        );
        assert_eq!(
            parse("(sel_a OR sel_b) AND NOT(filter)", &NAMES),
            Ok(And(vec![Or(vec![Selection(0), Selection(1)]), Not(Box::new(Selection(2)))]))
        );
        assert_eq!(parse("not not sel_a", &NAMES), Ok(Selection(0)));
    }

    #[test]
    fn quantities() {
        assert_eq!(parse("1 of sel_*", &NAMES), Ok(Count { min: 1, of: vec![0, 1] }));
        assert_eq!(parse("all of them", &NAMES), Ok(Count { min: 4, of: vec![0, 1, 2, 4] }));
        assert_eq!(parse("2 of *e*", &NAMES), Ok(Count { min: 2, of: vec![0, 1, 2] }));
        assert_eq!(parse("any of _*", &NAMES), Ok(Count { min: 1, of: vec![3] }));
        assert_eq!(
            parse("not 1 of filter and sel_a", &NAMES),
            Ok(And(vec![Not(Box::new(Count { min: 1, of: vec![2] })), Selection(0)]))
        );
    }

    #[test]
    fn faults() {
        for (text, part) in [
            ("", "too early"),
            ("nothing", "`nothing`"),
            ("sel_a sel_b", "unexpected `sel_b`"),
            ("(sel_a", "not closed"),
            ("1 of none*", "names nothing"),
            ("1 of", "names nothing"),
            ("0 of them", "no quantity"),
            ("3 of sel_*", "only 2"),
            ("sel_a and", "too early"),
            ("sel_a | count() > 5", "correlation"),
        ] {
            assert!(parse(text, &NAMES).unwrap_err().contains(part), "{text}");
        }
        assert!(parse(&"(".repeat(100_000), &NAMES).unwrap_err().contains("deeper"));
        assert!(parse(&format!("{}sel_a", "not ".repeat(100_000)), &NAMES).is_ok());
    }
}
