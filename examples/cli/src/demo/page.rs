//! The report as one HTML page that needs nothing else: no script, no network.

use super::chart::{self, Bar, Column, escape};
use super::facts::{Alert, Facts, LEVELS, Matched, Search, TruthCheck};
use super::figures::{bytes, clip, count, excerpt, per_second, plural, seconds};
use super::text::place;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const STYLE: &str = include_str!("page.css");

/// Writes the page.
pub fn render(facts: &Facts) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>STING report</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    page.push_str(&head(facts));
    page.push_str("<div class=\"grid\">\n");
    page.push_str(&findings(facts));
    let _ = writeln!(page, "<div class=\"stack\">\n{}{}</div>", documents(facts), index(facts));
    page.push_str(&stages(facts));
    page.push_str(&searches(&facts.searches));
    page.push_str(&alerts(facts));
    page.push_str(&not_read(facts));
    page.push_str("</div>\n");
    let _ = writeln!(
        page,
        "<footer>Written by sting {}. Every text on this page has been scrubbed.</footer>\n</main>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION")
    );
    page
}

fn head(facts: &Facts) -> String {
    let news = if facts.nothing_changed() {
        "nothing has changed since the last run".to_owned()
    } else {
        format!("in {}", seconds(facts.seconds))
    };
    let mut out = format!(
        "<header><h1><b>STING</b> report</h1><p>{}, {news}</p>\
         <label><input type=\"checkbox\" id=\"theme\"> switch light and dark</label></header>\n<dl class=\"tiles\">\n",
        escape(&facts.source)
    );
    let mut tiles = vec![
        ("Documents", count(facts.document_count())),
        ("Findings", count(facts.finding_count())),
        ("Chunks", count(facts.index.chunks + facts.index.event_chunks)),
        ("Index on disk", bytes(facts.index.bytes)),
        ("Events", count(facts.detection.events)),
        ("Events matched", count(facts.detection.events_matched)),
    ];
    if let Some(truth) = &facts.truth {
        tiles.insert(
            2,
            ("Planted values left", format!("{} of {}", count(truth.left()), count(truth.planted()))),
        );
    }
    for (name, figure) in tiles {
        let _ = writeln!(out, "<div><dt>{name}</dt><dd>{figure}</dd></div>");
    }
    out + "</dl>\n"
}

fn findings(facts: &Facts) -> String {
    let actions: BTreeSet<&String> = facts.findings.values().flat_map(BTreeMap::keys).collect();
    let actions: Vec<String> = actions.into_iter().cloned().collect();
    let sum = |done: &BTreeMap<String, u64>| done.values().sum::<u64>();
    let mut kinds: Vec<_> = facts.findings.iter().collect();
    kinds.sort_by_key(|(kind, done)| (std::cmp::Reverse(sum(done)), *kind));
    let bars: Vec<Bar> = kinds
        .iter()
        .map(|(kind, done)| Bar {
            label: (*kind).clone(),
            parts: done
                .iter()
                .map(|(action, number)| {
                    (actions.iter().position(|known| known == action).unwrap_or(0), *number as f64)
                })
                .collect(),
            value: count(sum(done)),
        })
        .collect();
    let chart = if bars.is_empty() {
        "<p>No document was read in this run, so nothing was found.</p>".to_owned()
    } else {
        chart::bars("Findings by kind and by what was done to them", &actions, &bars)
    };
    let rows = kinds.iter().flat_map(|(kind, done)| {
        done.iter().map(move |(action, number)| vec![(*kind).clone(), action.clone(), count(*number)])
    });
    let table = table(&["Kind", "What was done", "#Findings"], rows);
    let truth = facts.truth.as_ref().map(truth).unwrap_or_default();
    section(
        "Private data and secrets",
        "by kind, and what was done to each finding",
        &format!("{chart}{truth}{}", details("Table", &table)),
    )
}

fn truth(truth: &TruthCheck) -> String {
    let left = truth.left();
    let (class, left) = if left == 0 { ("verdict", "none".to_owned()) } else { ("verdict bad", count(left)) };
    let rows = truth.kinds.iter().map(|(kind, check)| {
        vec![kind.clone(), count(check.planted), count(check.planted - check.left), count(check.left)]
    });
    format!(
        "<p class=\"{class}\">Of {} planted, {left} can still be read in the index.</p>\
         <p>{} of {} look-alikes (digests, ids, versions) were let be.</p>{}",
        plural(truth.planted(), "value"),
        count(truth.look_alikes_kept),
        count(truth.look_alikes),
        details("Planted values by kind", &table(&["Kind", "#Planted", "#Found", "#Missed"], rows))
    )
}

fn documents(facts: &Facts) -> String {
    let documents = &facts.documents;
    let rows: Vec<(String, u64)> =
        documents.types.iter().map(|kind| (kind.media_type.clone(), kind.count)).collect();
    let chart = chart::counts("Documents by type", &rows);
    let table = table(
        &["Type", "#Documents", "#Size"],
        documents
            .types
            .iter()
            .map(|kind| vec![kind.media_type.clone(), count(kind.count), bytes(kind.bytes)]),
    );
    let note = format!(
        "{} new, {} changed, {} unchanged, {} deleted, {} failed",
        count(documents.new),
        count(documents.changed),
        count(documents.unchanged),
        count(documents.deleted),
        count(documents.failed)
    );
    section("Documents", &note, &(chart + &details("Table", &table)))
}

fn index(facts: &Facts) -> String {
    let index = &facts.index;
    let mut from = 0;
    let columns: Vec<Column> = index
        .sizes
        .iter()
        .map(|(up_to, number)| {
            let label = format!("{} to {} characters", count(from), count(*up_to as u64));
            from = *up_to as u64;
            Column { label, parts: vec![*number] }
        })
        .collect();
    let chart = chart::columns(
        520.0,
        "Chunks by size",
        &[],
        &columns,
        ["0 characters", &format!("{} characters", count(from))],
    );
    let note = format!(
        "{} of documents and {} of events, {} on disk; vectors by {}, {} numbers each, BM25 beside them",
        plural(index.chunks, "chunk"),
        count(index.event_chunks),
        bytes(index.bytes),
        index.embedder,
        index.dim
    );
    section("Index", &escape(&note), &chart)
}

fn stages(facts: &Facts) -> String {
    let bars: Vec<Bar> = facts
        .stages
        .iter()
        .map(|stage| Bar {
            label: stage.name.clone(),
            parts: vec![(0, stage.seconds)],
            value: seconds(stage.seconds),
        })
        .collect();
    let table = table(
        &["Stage", "#Items", "#Bytes", "#Time", "#Items/s", "#MB/s"],
        facts.stages.iter().map(|stage| {
            vec![
                stage.name.clone(),
                format!("{} {}", count(stage.items), stage.unit),
                bytes(stage.bytes),
                seconds(stage.seconds),
                per_second(stage.items as f64, stage.seconds),
                per_second(stage.bytes as f64 / 1e6, stage.seconds),
            ]
        }),
    );
    let chart = chart::bars("Busy time by stage", &[], &bars);
    let body = format!("<div class=\"grid\"><div>{chart}</div>{table}</div>");
    wide("Throughput by stage", "busy time, summed over threads", &body)
}

fn searches(searches: &[Search]) -> String {
    let mut body = String::new();
    for search in searches {
        let _ = write!(body, "<p class=\"query\">{}</p>", escape(&search.query));
        for hit in &search.hits {
            let parts = [("vector", hit.vector_score), ("keyword", hit.keyword_score)];
            let parts: Vec<String> = parts
                .iter()
                .filter_map(|(name, score)| score.map(|score| format!("{name} {score:.3}")))
                .collect();
            let _ = write!(
                body,
                "<div class=\"hit\"><b>{:.3}</b><div><code>{}</code> <small>{}</small>",
                hit.score,
                escape(&place(hit)),
                parts.join(", ")
            );
            if !hit.heading.is_empty() {
                let _ = write!(body, "<p class=\"heading\">{}</p>", escape(&hit.heading));
            }
            let _ = write!(body, "<p>{}</p></div></div>", escape(&excerpt(&hit.text, &search.query, 320)));
        }
    }
    let total: f64 = searches.iter().map(|search| search.seconds).sum();
    wide("Searches", &format!("{} in {}, hybrid of vectors and BM25", searches.len(), seconds(total)), &body)
}

fn alerts(facts: &Facts) -> String {
    let detection = &facts.detection;
    let columns: Vec<Column> = detection
        .timeline
        .iter()
        .enumerate()
        .map(|(i, levels)| Column {
            label: format!("part {} of {}", i + 1, detection.timeline.len()),
            parts: LEVELS.iter().map(|level| levels.get(*level).copied().unwrap_or(0)).collect(),
        })
        .collect();
    let series: Vec<String> = LEVELS.iter().map(|level| (*level).to_owned()).collect();
    let chart = chart::columns(
        1080.0,
        "Matches over the stream of events, by level",
        &series,
        &columns,
        ["first event", "last event"],
    );
    let rows: String = detection.alerts.iter().map(alert).collect();
    let mut errors = String::new();
    for error in &detection.rule_errors {
        let _ = write!(errors, "<p class=\"verdict bad\">{}</p>", escape(error));
    }
    let is_right = detection.attacks_found == detection.attacks && detection.false_alarms == 0;
    let verdict = format!(
        "<p class=\"verdict{}\">{} of {} found, {}.</p>",
        if is_right { "" } else { " bad" },
        count(detection.attacks_found),
        plural(detection.attacks, "planted attack event"),
        plural(detection.false_alarms, "false alarm"),
    );
    let note = format!(
        "{} of {} matched; {} of {} fired",
        count(detection.events_matched),
        plural(detection.events, "event"),
        count(detection.alerts.len() as u64),
        plural(detection.rules as u64, "rule"),
    );
    wide(
        "Alerts",
        &note,
        &format!(
            "<div class=\"levels\">{chart}</div><div class=\"scroll\"><table><thead><tr><th>Level</th><th>Rule</th>\
             <th class=\"n\">Times</th><th class=\"n\">First event</th><th>Matched</th><th>Reason</th></tr></thead>\
             <tbody>{rows}</tbody></table></div>{verdict}{errors}"
        ),
    )
}

fn alert(alert: &Alert) -> String {
    let mut fields = String::new();
    for Matched { field, value, pattern } in &alert.fields {
        let (field, value) = (escape(field), escape(&clip(value, 160)));
        let _ = write!(fields, "<code title=\"pattern: {}\">{field} = {value}</code> ", escape(pattern));
    }
    format!(
        "<tr><td><span class=\"level {0}\">{0}</span></td><td>{1}</td><td class=\"n\">{2}</td><td class=\"n\">{3}</td>\
         <td>{fields}</td><td>{4}</td></tr>",
        escape(&alert.level),
        escape(&alert.rule),
        count(alert.count),
        count(alert.first_event),
        escape(&alert.reason),
    )
}

fn not_read(facts: &Facts) -> String {
    if facts.not_read.is_empty() {
        return wide("Not read", "everything was read", "");
    }
    let rows = facts.not_read.iter().map(|entry| vec![entry.name.clone(), entry.reason.clone()]);
    wide("Not read", "documents and parts that are not in the index", &table(&["What", "Why"], rows))
}

fn section(title: &str, note: &str, body: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n<p>{note}</p>\n{body}\n</section>\n", escape(title))
}

fn wide(title: &str, note: &str, body: &str) -> String {
    section(title, note, body).replacen("<section>", "<section class=\"wide\">", 1)
}

fn details(summary: &str, body: &str) -> String {
    format!("<details><summary>{summary}</summary>{body}</details>")
}

/// A table; a heading that begins with `#` stands over figures.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let class = |i: usize| if heads[i].starts_with('#') { " class=\"n\"" } else { "" };
    let mut out = String::from("<div class=\"scroll\"><table><thead><tr>");
    for (i, head) in heads.iter().enumerate() {
        let _ = write!(out, "<th{}>{}</th>", class(i), head.trim_start_matches('#'));
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for (i, cell) in row.iter().enumerate() {
            let _ = write!(out, "<td{}>{}</td>", class(i), escape(cell));
        }
        out.push_str("</tr>");
    }
    out + "</tbody></table></div>"
}

#[cfg(test)]
mod tests {
    use super::super::facts::{Hit, NotRead};
    use super::*;

    /// Whatever a document, a rule or a query says, the page stays a page.
    #[test]
    fn texts_are_escaped() {
        let evil = "<script src=\"//x\">&";
        let mut facts = Facts { source: evil.into(), ..Facts::default() };
        facts.findings.entry(evil.into()).or_default().insert(evil.into(), 1);
        facts.not_read.push(NotRead { name: evil.into(), reason: evil.into() });
        facts.searches.push(Search {
            query: evil.into(),
            seconds: 0.0,
            hits: vec![Hit {
                score: 1.0,
                vector_score: None,
                keyword_score: Some(1.0),
                document: evil.into(),
                part: evil.into(),
                start: 0,
                end: 1,
                heading: evil.into(),
                text: evil.into(),
            }],
        });
        facts.detection.alerts.push(Alert {
            rule: evil.into(),
            level: "high".into(),
            count: 1,
            first_event: 1,
            fields: vec![Matched { field: evil.into(), value: evil.into(), pattern: evil.into() }],
            reason: evil.into(),
        });
        facts.detection.rule_errors.push(evil.into());
        let page = render(&facts);
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("http://") && !page.contains("https://"), "nothing is fetched");
    }
}
