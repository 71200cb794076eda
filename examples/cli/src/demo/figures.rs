//! Figures as people read them.

/// `1234567` as `1,234,567`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1234567` bytes as `1.2 MB`, in powers of 1000.
pub fn bytes(number: u64) -> String {
    let mut value = number as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 999.5 {
            return if unit == "B" || value >= 99.5 {
                format!("{value:.0} {unit}")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

/// A duration with about three digits.
pub fn seconds(value: f64) -> String {
    match value {
        value if value < 0.000_999_5 => format!("{:.0} µs", value * 1e6),
        value if value < 0.999_5 => format!("{:.1} ms", value * 1e3),
        value if value < 99.95 => format!("{value:.2} s"),
        value => format!("{value:.0} s"),
    }
}

/// `amount` per second, or a dash where the time is too short to say.
pub fn per_second(amount: f64, seconds: f64) -> String {
    if seconds < 1e-6 || amount <= 0.0 {
        return "-".to_owned();
    }
    match amount / seconds {
        rate if rate >= 99.5 => count(rate.round() as u64),
        rate if rate >= 9.95 => format!("{rate:.1}"),
        rate => format!("{rate:.2}"),
    }
}

/// `1 document`, `2 documents`.
pub fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// The first `width` characters of the text on one line, with an ellipsis if there are more.
pub fn clip(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= width {
        return line;
    }
    let mut clipped: String = line.chars().take(width.saturating_sub(1)).collect();
    clipped.truncate(clipped.trim_end().len());
    clipped.push('…');
    clipped
}

/// `width` characters of the text on one line, from shortly before the first word of the query.
pub fn excerpt(text: &str, query: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let folded = line.to_lowercase();
    let telling = query.split_whitespace().filter(|word| word.chars().count() > 3);
    let found = telling.filter_map(|word| folded.find(&word.to_lowercase())).min().unwrap_or(0);
    // Lower case may be longer or shorter; a place in the one is about the same in the other.
    let before = folded[..found].chars().count();
    if before < width / 2 {
        return clip(&line, width);
    }
    let start = line.char_indices().nth(before - width / 4).map_or(0, |(at, _)| at);
    let start = line[start..].find(' ').map_or(start, |space| start + space + 1);
    clip(&format!("…{}", &line[start..]), width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readable() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([bytes(999), bytes(1500), bytes(999_999)], ["999 B", "1.5 kB", "1.0 MB"]);
        assert_eq!([seconds(0.000_12), seconds(0.0123), seconds(1.5)], ["120 µs", "12.3 ms", "1.50 s"]);
        assert_eq!([per_second(10.0, 0.0), per_second(10.0, 2.0)], ["-", "5.00"]);
        assert_eq!([plural(1, "file"), plural(0, "file")], ["1 file", "0 files"]);
        let text = "the first of many words, and at the end a Spider on the sensor";
        assert_eq!(excerpt(text, "a spider", 30), "…end a Spider on the sensor");
        assert_eq!(excerpt(text, "first", 30), "the first of many words, and…");
        assert_eq!([clip("a  b\nc", 9), clip("héllo wörld", 7)], ["a b c", "héllo…"]);
    }
}
