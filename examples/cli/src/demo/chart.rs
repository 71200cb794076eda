//! Charts as inline SVG: no script, no network; colours are the page's variables.

use super::figures::count;
use std::fmt::Write;

const WIDTH: f64 = 520.0;
const ROW: f64 = 26.0;
const LABEL: f64 = 168.0;
const VALUE: f64 = 86.0;

/// One bar: its label, its parts as (series, amount), and what stands at its end.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What the bar is.
    pub label: String,
    /// The parts, in order: index of the series, amount.
    pub parts: Vec<(usize, f64)>,
    /// Text at the end.
    pub value: String,
}

/// Horizontal bars, their parts stacked.
pub fn bars(title: &str, series: &[String], bars: &[Bar]) -> String {
    let total = |bar: &Bar| bar.parts.iter().map(|(_, amount)| amount).sum::<f64>();
    let most = bars.iter().map(total).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let height = ROW * bars.len() as f64 + 4.0;
    let mut svg = open(title, WIDTH, height);
    for (i, bar) in bars.iter().enumerate() {
        let y = ROW * i as f64 + 4.0;
        let _ = write!(
            svg,
            r#"<text x="{}" y="{}" text-anchor="end">{}</text>"#,
            LABEL - 10.0,
            y + 14.0,
            escape(&bar.label)
        );
        let mut x = LABEL;
        for (which, amount) in &bar.parts {
            let width = amount / most * (WIDTH - LABEL - VALUE);
            let name = series.get(*which).map_or("", String::as_str);
            let _ = write!(
                svg,
                r#"<rect class="s{which}" x="{x:.1}" y="{y}" width="{width:.1}" height="18" rx="2"><title>{} {}</title></rect>"#,
                escape(&bar.label),
                escape(name),
            );
            x += width;
        }
        let _ = write!(
            svg,
            r#"<text class="figure" x="{:.1}" y="{}">{}</text>"#,
            x + 8.0,
            y + 14.0,
            escape(&bar.value)
        );
    }
    svg.push_str("</svg>");
    svg.push_str(&legend(series));
    svg
}

/// One column: its parts by series, and what it stands for.
#[derive(Clone, Debug)]
pub struct Column {
    /// What the column is, for its tooltip.
    pub label: String,
    /// Amount of each series.
    pub parts: Vec<u64>,
}

/// Columns side by side over so many pixels, their parts stacked, with the ends of the axis named.
pub fn columns(width: f64, title: &str, series: &[String], columns: &[Column], axis: [&str; 2]) -> String {
    const PLOT: f64 = 120.0;
    let most = columns.iter().map(|column| column.parts.iter().sum::<u64>()).max().unwrap_or(0).max(1);
    let mut svg = open(title, width, PLOT + 34.0);
    let step = (width - 40.0) / columns.len().max(1) as f64;
    let _ = write!(
        svg,
        r#"<line class="axis" x1="36" x2="{width}" y1="{0}" y2="{0}"/><text x="28" y="16" text-anchor="end">{1}</text><text x="28" y="{0}" text-anchor="end">0</text>"#,
        PLOT + 8.0,
        count(most)
    );
    for (i, column) in columns.iter().enumerate() {
        let (x, mut y) = (38.0 + step * i as f64, PLOT + 8.0);
        for (which, amount) in column.parts.iter().enumerate().filter(|(_, amount)| **amount > 0) {
            let height = *amount as f64 / most as f64 * PLOT;
            y -= height;
            let name = series.get(which).map_or("", String::as_str);
            let _ = write!(
                svg,
                r#"<rect class="s{which}" x="{x:.1}" y="{y:.1}" width="{:.1}" height="{height:.1}"><title>{}: {} {}</title></rect>"#,
                (step - 2.0).max(1.0),
                escape(&column.label),
                count(*amount),
                escape(name),
            );
        }
    }
    let _ = write!(
        svg,
        r#"<text x="36" y="{0}">{1}</text><text x="{width}" y="{0}" text-anchor="end">{2}</text></svg>"#,
        PLOT + 28.0,
        escape(axis[0]),
        escape(axis[1])
    );
    svg + &legend(series)
}

fn open(title: &str, width: f64, height: f64) -> String {
    let title = escape(title);
    format!(r#"<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}"><title>{title}</title>"#)
}

fn legend(series: &[String]) -> String {
    if series.len() < 2 {
        return String::new();
    }
    let mut list = String::from(r#"<ul class="legend">"#);
    for (which, name) in series.iter().enumerate() {
        let _ = write!(list, r#"<li><i class="s{which}"></i>{}</li>"#, escape(name));
    }
    list + "</ul>"
}

/// Text as it must stand in HTML and its attributes. Control characters are left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && !c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

/// Bars of one series with counts at their ends.
pub fn counts(title: &str, rows: &[(String, u64)]) -> String {
    let rows: Vec<Bar> = rows
        .iter()
        .map(|(label, number)| Bar {
            label: label.clone(),
            parts: vec![(0, *number as f64)],
            value: count(*number),
        })
        .collect();
    bars(title, &[], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        let svg = counts("a \"title\"", &[("</text><script>".into(), 3)]);
        assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;") && svg.contains(">3</text>"));
        assert_eq!(escape("a\u{0}b\n"), "ab\n");
    }

    #[test]
    fn empty_charts_are_charts() {
        assert!(bars("t", &[], &[]).starts_with("<svg"));
        assert!(columns(520.0, "t", &[], &[], ["a", "b"]).contains("</svg>"));
    }
}
