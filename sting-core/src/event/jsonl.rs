//! Many events at once: JSON Lines on several threads, with the order kept.

use super::Event;
use crate::Error;
use memchr::memchr;
use rayon::prelude::*;

/// Bytes of a block of lines, the unit in which threads take work.
const BLOCK: usize = 256 << 10;

/// What `each` makes of every line of JSON Lines, in order and numbered from 1, on so many threads; 0 stands for
/// all that there are.
///
/// Lines of which `each` makes nothing are left out, and so are empty ones. A line that is no event is an error in
/// its place, and the others go on. Memory: what `each` returns, and one event a thread.
///
/// ```
/// use sting_core::event::jsonl;
/// let lines = b"{\"user\": \"ada\"}\nnot an event\n\n{\"user\": \"bob\"}\n";
/// let found = jsonl(lines, 0, |event| Some(event.get("user")?.as_str().to_owned()));
/// let users: Vec<_> = found.iter().map(|(line, user)| (*line, user.as_deref().ok())).collect();
/// assert_eq!(users, [(1, Some("ada")), (2, None), (4, Some("bob"))]);
/// ```
pub fn jsonl<T: Send>(
    lines: &[u8],
    threads: usize,
    each: impl Fn(&Event) -> Option<T> + Sync,
) -> Vec<(usize, Result<T, Error>)> {
    let blocks = blocks(lines);
    let read = |&(first, block): &(usize, &[u8])| read(first, block, &each);
    if threads == 1 {
        return blocks.iter().flat_map(read).collect();
    }
    let run = || blocks.par_iter().map(read).collect::<Vec<_>>();
    let found = match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
        Ok(pool) if threads > 0 => pool.install(run),
        // The pool that everybody shares has as many threads as there are.
        _ => run(),
    };
    found.into_iter().flatten().collect()
}

/// Runs of whole lines with the number of their first line.
fn blocks(mut lines: &[u8]) -> Vec<(usize, &[u8])> {
    let (mut blocks, mut first) = (Vec::new(), 1);
    while !lines.is_empty() {
        let end =
            lines.get(BLOCK..).and_then(|rest| memchr(b'\n', rest)).map_or(lines.len(), |at| BLOCK + at + 1);
        let (block, rest) = lines.split_at(end);
        blocks.push((first, block));
        first += memchr::memchr_iter(b'\n', block).count();
        lines = rest;
    }
    blocks
}

fn read<T>(first: usize, block: &[u8], each: impl Fn(&Event) -> Option<T>) -> Vec<(usize, Result<T, Error>)> {
    let lines = block.split(|&byte| byte == b'\n').zip(first..);
    let made = lines.filter(|(line, _)| !line.trim_ascii().is_empty()).filter_map(|(line, number)| {
        let made = match Event::from_json(line) {
            Ok(event) => Ok(each(&event)?),
            Err(error) => Err(error),
        };
        Some((number, made))
    });
    made.collect()
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, jsonl};

    #[test]
    fn order_is_kept_whatever_the_threads() {
        let line = |i: usize| match i % 7 {
            0 => String::new(),
            1 => "{".to_owned(),
            _ => format!("{{\"i\": {i}, \"pad\": \"{}\"}}\r", "x".repeat(i % 300)),
        };
        let count = 4 * BLOCK / 200;
        let text = (1..=count).map(line).collect::<Vec<_>>().join("\n");
        let read = |threads| jsonl(text.as_bytes(), threads, |event| event.get("i")?.as_f64());
        let one = read(1);
        let expected: Vec<_> = (1..=count).filter(|i| i % 7 > 0).map(|i| (i, i % 7 > 1)).collect();
        assert_eq!(one.iter().map(|(line, made)| (*line, made.is_ok())).collect::<Vec<_>>(), expected);
        assert!(one.iter().all(|(line, made)| made.as_ref().ok().is_none_or(|i| *i == *line as f64)));
        for threads in [0, 2, 5] {
            assert_eq!(format!("{:?}", read(threads)), format!("{one:?}"));
        }
        assert!(jsonl(b"", 2, |_| Some(())).is_empty());
    }
}
