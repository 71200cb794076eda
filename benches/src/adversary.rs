//! Texts made to slow a scanner of private data down. Each begins what looks like a value at every turn and
//! ends none, or nests what makes a naive scanner go over the same bytes again and again.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Bytes of each text.
const SIZE: usize = 1 << 20;

/// Repeated pieces, a line each: a name, and what is repeated. The crate's own tests count what they cost.
const FLOODS: &str = include_str!("../../sting-pii/tests/floods.jsonl");

/// Name and text, 1 MiB each.
pub fn texts() -> Vec<(String, String)> {
    let flood = |piece: &str| piece.repeat(SIZE.div_ceil(piece.len()));
    let read = |line| serde_json::from_str::<(String, String)>(line).expect("a name and a piece");
    let mut all: Vec<_> = FLOODS.lines().map(read).map(|(name, piece)| (name, flood(&piece))).collect();
    // No shape of a number comes twice.
    all.push(("random digits and separators".into(), random(b"0123456789-./ :,+()")));
    all.push(("random hexadecimal digits".into(), random(b"0123456789abcdef0123456789abcdef-")));
    all.push((
        "random letters and digits".into(),
        random(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _=@"),
    ));
    all
}

fn random(of: &[u8]) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    (0..SIZE).map(|_| char::from(of[random.random_range(0..of.len())])).collect()
}
