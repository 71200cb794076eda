//! Counts the bytes that a search looks at, in tests: no text may make it look at each very often.

#[cfg(test)]
thread_local!(static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) });

/// So many bytes are looked at. Costs nothing but in tests.
#[inline]
pub(super) fn count(steps: usize) {
    #[cfg(test)]
    STEPS.with(|all| all.set(all.get() + steps));
    #[cfg(not(test))]
    let _ = steps;
}

#[cfg(test)]
mod tests {
    use super::STEPS;
    use crate::catalog::builtin;
    use crate::detect::Engine;
    use std::collections::BTreeSet;

    /// Most looks at a byte, on the average of a text. The worst now takes 107, nearly all others less than 20.
    const MOST: usize = 120;
    const SIZE: usize = 64 * 1024;

    #[test]
    fn no_text_is_looked_at_over_and_over() {
        let asked: BTreeSet<_> = builtin().iter().map(|row| row.kind.clone()).collect();
        let engine = Engine::new(&builtin().iter().collect::<Vec<_>>(), &asked, 0.3).unwrap();
        let mut slow = Vec::new();
        for line in include_str!("../../tests/floods.jsonl").lines() {
            let (name, piece): (String, String) = serde_json::from_str(line).unwrap();
            // Both as it is, and behind what takes all of it for a value.
            for before in
                ["", "password=", "token: \"", "-----BEGIN PRIVATE KEY-----\n", "eyJhbGciOiJIUzI1NiJ9."]
            {
                let text = before.to_owned() + &piece.repeat(SIZE / piece.len());
                STEPS.set(0);
                engine.candidates(text.as_bytes(), 0..text.len(), None, &mut Vec::new());
                let looks = STEPS.get() / text.len();
                if looks > MOST {
                    slow.push((name.clone(), before, looks));
                }
                if std::env::var_os("STING_SHOW").is_some() {
                    println!("{looks:5} {name} {before:?}");
                }
            }
        }
        assert!(slow.is_empty(), "{slow:#?}");
    }
}
