//! How alike two reports or two tickets are.

use serde::Serialize;
use std::collections::BTreeSet;

/// What makes reports alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The narrative as a vector of some embedder.
    pub narrative: Vec<f32>,
    /// Indicators of compromise.
    pub indicators: BTreeSet<String>,
    /// ATT&CK techniques.
    pub techniques: BTreeSet<String>,
    /// Actors and malware.
    pub actors: BTreeSet<String>,
}

/// What makes tickets alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimilarTicket {
    /// The narrative as a vector of some embedder.
    pub narrative: Vec<f32>,
    /// Id of the rule that detected it.
    pub rule: String,
    /// Indicators of compromise.
    pub indicators: BTreeSet<String>,
    /// Category.
    pub category: String,
    /// Type.
    pub kind: String,
    /// Machine.
    pub host: String,
    /// Account.
    pub user: String,
}

/// How alike two things are, and in what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Similarity {
    /// In [0, 1], to three places.
    pub score: f64,
    /// Indicators that both have, the first 20 in their order.
    pub shared_indicators: Vec<String>,
    /// How many they share.
    pub shared_count: usize,
}

/// Most shared indicators that are listed.
const MAX_SHARED: usize = 20;

/// The size of the intersection over that of the union; 0 for two empty sets.
///
/// ```
/// use sting_core::analyze::jaccard;
/// let set = |items: &[&str]| items.iter().map(ToString::to_string).collect();
/// assert_eq!(jaccard(&set(&["a", "b"]), &set(&["b", "c"])), 1.0 / 3.0);
/// ```
pub fn jaccard(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let both = a.intersection(b).count();
    let any = a.len() + b.len() - both;
    if any == 0 { 0.0 } else { both as f64 / any as f64 }
}

/// The cosine of two vectors, 0 below 0 and where there is none.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let norms = (dot(a, a) * dot(b, b)).sqrt();
    if a.len() != b.len() || norms == 0.0 { 0.0 } else { (dot(a, b) / norms).clamp(0.0, 1.0) }
}

/// Reports: narrative .40, indicators .25, techniques .20, a shared actor or malware .15.
pub fn report_similarity(a: &Report, b: &Report) -> Similarity {
    let shares_actor = f64::from(u8::from(!a.actors.is_disjoint(&b.actors)));
    let score = 0.40 * cosine(&a.narrative, &b.narrative)
        + 0.25 * jaccard(&a.indicators, &b.indicators)
        + 0.20 * jaccard(&a.techniques, &b.techniques)
        + 0.15 * shares_actor;
    similarity(score, &a.indicators, &b.indicators)
}

/// Tickets: narrative .30, the same rule .30, indicators .20, category and type .10, host or user .10. What is
/// empty is like nothing.
pub fn ticket_similarity(a: &SimilarTicket, b: &SimilarTicket) -> Similarity {
    let same = |a: &str, b: &str| f64::from(u8::from(!a.is_empty() && a == b));
    let score = 0.30 * cosine(&a.narrative, &b.narrative)
        + 0.30 * same(&a.rule, &b.rule)
        + 0.20 * jaccard(&a.indicators, &b.indicators)
        + 0.10 * f64::midpoint(same(&a.category, &b.category), same(&a.kind, &b.kind))
        + 0.10 * same(&a.host, &b.host).max(same(&a.user, &b.user));
    similarity(score, &a.indicators, &b.indicators)
}

fn similarity(score: f64, a: &BTreeSet<String>, b: &BTreeSet<String>) -> Similarity {
    Similarity {
        score: (score * 1000.0).round() / 1000.0,
        shared_indicators: a.intersection(b).take(MAX_SHARED).cloned().collect(),
        shared_count: a.intersection(b).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, SimilarTicket, jaccard, report_similarity, ticket_similarity};
    use std::collections::BTreeSet;

    fn set(items: &[&str]) -> BTreeSet<String> {
        items.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sets() {
        for (a, b, expected) in
            [(set(&[]), set(&[]), 0.0), (set(&["a"]), set(&[]), 0.0), (set(&["a"]), set(&["a"]), 1.0)]
        {
            assert!((jaccard(&a, &b) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn reports() {
        let a = Report {
            narrative: vec![1.0, 0.0],
            indicators: set(&["1.2.3.4", "evil.example"]),
            techniques: set(&["T1059"]),
            actors: set(&["APT0"]),
        };
        assert!((report_similarity(&a, &a).score - 1.0).abs() < 1e-12);
        let b = Report {
            narrative: vec![0.0, 2.0],
            indicators: set(&["evil.example", "x"]),
            techniques: set(&[]),
            ..a.clone()
        };
        let found = report_similarity(&a, &b);
        assert!((found.score - 0.233).abs() < 1e-12, "{found:?}");
        assert_eq!(found.shared_indicators, ["evil.example"]);
        assert!(report_similarity(&Report::default(), &Report::default()).score.abs() < 1e-12);
        let many = Report { indicators: (0..50).map(|n| n.to_string()).collect(), ..Report::default() };
        let found = report_similarity(&many, &many);
        assert_eq!((found.shared_indicators.len(), found.shared_count), (20, 50));
    }

    #[test]
    fn tickets() {
        let text = |text: &str| text.to_owned();
        let a = SimilarTicket {
            narrative: vec![1.0],
            rule: text("r"),
            indicators: set(&["i"]),
            category: text("c"),
            kind: text("k"),
            host: text("h"),
            user: text("u"),
        };
        for (b, score) in [
            (a.clone(), 1.0),
            (SimilarTicket { kind: text("other"), ..a.clone() }, 0.95),
            (SimilarTicket { user: text("other"), ..a.clone() }, 1.0),
            (SimilarTicket { host: text("x"), user: text("x"), ..a.clone() }, 0.9),
            (SimilarTicket { rule: String::new(), ..a.clone() }, 0.7),
            (SimilarTicket::default(), 0.0),
        ] {
            assert!((ticket_similarity(&a, &b).score - score).abs() < 1e-12, "{b:?}");
        }
    }
}
