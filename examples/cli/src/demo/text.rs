//! The report on a terminal.

use super::facts::{Facts, Hit, TruthCheck};
use super::figures::{bytes, clip, count, excerpt, per_second, plural, seconds};
use std::fmt::{Result, Write};

/// How to mark what matters.
#[derive(Clone, Copy, Debug)]
pub enum Style {
    /// No marks.
    Plain,
    /// Bold, dim and colours by ANSI escapes.
    Ansi,
}

const WIDTH: usize = 96;
const BAR: usize = 24;
/// Entries of a list that are printed one by one.
const LISTED: usize = 10;

/// Writes the report.
///
/// # Errors
///
/// Those of the writer.
pub fn write(out: &mut impl Write, facts: &Facts, style: Style) -> Result {
    let page = Page { facts, style };
    page.head(out)?;
    page.documents(out)?;
    page.findings(out)?;
    page.index(out)?;
    page.stages(out)?;
    page.searches(out)?;
    page.alerts(out)?;
    page.not_read(out)
}

struct Page<'a> {
    facts: &'a Facts,
    style: Style,
}

impl Page<'_> {
    fn head(&self, out: &mut impl Write) -> Result {
        let title = format!("STING · {}", self.facts.source);
        writeln!(out, "\n{}  {}", self.bold(&title), self.dim(&seconds(self.facts.seconds)))?;
        if self.facts.nothing_changed() {
            writeln!(
                out,
                "{}",
                self.good(
                    "Nothing has changed since the last run: nothing was scrubbed, embedded or written again."
                )
            )?;
        }
        Ok(())
    }

    fn documents(&self, out: &mut impl Write) -> Result {
        let documents = &self.facts.documents;
        let mut news = vec![
            format!("{} new", count(documents.new)),
            format!("{} changed", count(documents.changed)),
            format!("{} unchanged", count(documents.unchanged)),
        ];
        for (number, what) in [(documents.deleted, "deleted"), (documents.failed, "failed")] {
            if number > 0 {
                news.push(format!("{} {what}", count(number)));
            }
        }
        self.section(out, "Documents", &news.join(", "))?;
        let most = documents.types.iter().map(|kind| kind.count).max().unwrap_or(0);
        for kind in &documents.types {
            let bar = self.bar(kind.count, most);
            writeln!(
                out,
                "  {:<22} {:>6} {:>9}  {bar}",
                kind.media_type,
                count(kind.count),
                bytes(kind.bytes)
            )?;
        }
        Ok(())
    }

    fn findings(&self, out: &mut impl Write) -> Result {
        let total = self.facts.finding_count();
        let note = if total == 0 { "none in this run".to_owned() } else { plural(total, "finding") };
        self.section(out, "Private data and secrets", &note)?;
        let sum = |actions: &std::collections::BTreeMap<String, u64>| actions.values().sum::<u64>();
        let most = self.facts.findings.values().map(sum).max().unwrap_or(0);
        let mut kinds: Vec<_> = self.facts.findings.iter().collect();
        kinds.sort_by_key(|(kind, actions)| (std::cmp::Reverse(sum(actions)), *kind));
        for (kind, actions) in kinds {
            let done: Vec<String> = actions
                .iter()
                .map(|(action, number)| match actions.len() {
                    1 => action.clone(),
                    _ => format!("{action} {}", count(*number)),
                })
                .collect();
            let number = sum(actions);
            writeln!(
                out,
                "  {kind:<22} {:>6} {:>9}  {}",
                count(number),
                done.join(", "),
                self.bar(number, most)
            )?;
        }
        self.facts.truth.as_ref().map_or(Ok(()), |truth| self.truth(out, truth))
    }

    fn truth(&self, out: &mut impl Write, truth: &TruthCheck) -> Result {
        let (planted, left) = (truth.planted(), truth.left());
        let verdict = format!(
            "Check: of {} planted, {} can still be read in the index",
            plural(planted, "value"),
            if left == 0 { "none".to_owned() } else { count(left) },
        );
        let verdict = if left == 0 { self.good(&verdict) } else { self.bad(&verdict) };
        writeln!(out, "  {verdict}")?;
        for (kind, check) in truth.kinds.iter().filter(|(_, check)| check.left > 0) {
            writeln!(out, "    {kind}: {} of {} left", count(check.left), count(check.planted))?;
        }
        let (kept, all) = (truth.look_alikes_kept, truth.look_alikes);
        writeln!(
            out,
            "         {} of {} look-alikes (digests, ids, versions) were let be",
            count(kept),
            count(all)
        )
    }

    fn index(&self, out: &mut impl Write) -> Result {
        let index = &self.facts.index;
        let chunks = format!("{}, {} of events", plural(index.chunks, "chunk"), count(index.event_chunks));
        self.section(out, "Index", &format!("{chunks}, {} on disk", bytes(index.bytes)))?;
        writeln!(out, "  vectors by {}, {} numbers each; BM25 beside them", index.embedder, index.dim)
    }

    fn stages(&self, out: &mut impl Write) -> Result {
        if self.facts.stages.is_empty() {
            return Ok(());
        }
        self.section(out, "Throughput", "busy time of each stage, summed over threads")?;
        let head = format!(
            "  {:<10} {:>18} {:>10} {:>10} {:>12} {:>8}",
            "stage", "", "bytes", "time", "items/s", "MB/s"
        );
        writeln!(out, "{}", self.dim(&head))?;
        for stage in &self.facts.stages {
            let items = format!("{} {}", count(stage.items), stage.unit);
            let (rate, mega) = (
                per_second(stage.items as f64, stage.seconds),
                per_second(stage.bytes as f64 / 1e6, stage.seconds),
            );
            let (size, time) = (bytes(stage.bytes), seconds(stage.seconds));
            writeln!(out, "  {:<10} {items:>18} {size:>10} {time:>10} {rate:>12} {mega:>8}", stage.name)?;
        }
        Ok(())
    }

    fn searches(&self, out: &mut impl Write) -> Result {
        for search in &self.facts.searches {
            let found = format!("{} in {}", plural(search.hits.len() as u64, "hit"), seconds(search.seconds));
            self.section(out, &format!("Search: {}", search.query), &found)?;
            for hit in &search.hits {
                writeln!(out, "  {}  {}", self.good(&format!("{:.3}", hit.score)), self.bold(&place(hit)))?;
                if !hit.heading.is_empty() {
                    writeln!(out, "         {}", clip(&hit.heading, WIDTH - 9))?;
                }
                writeln!(out, "         {}", self.dim(&excerpt(&hit.text, &search.query, WIDTH - 9)))?;
            }
        }
        Ok(())
    }

    fn alerts(&self, out: &mut impl Write) -> Result {
        let detection = &self.facts.detection;
        let what = format!(
            "{} of {} matched {} of {}",
            count(detection.events_matched),
            plural(detection.events, "event"),
            count(detection.alerts.len() as u64),
            plural(detection.rules as u64, "rule"),
        );
        self.section(out, "Alerts", &what)?;
        for alert in detection.alerts.iter().take(LISTED) {
            let level = format!("{:<13}", alert.level);
            let level = if super::facts::gravity(&alert.level) > 3 { self.bad(&level) } else { level };
            let times = format!("{}×, first in event {}", count(alert.count), count(alert.first_event));
            writeln!(out, "  {level} {}  {}", self.bold(&alert.rule), self.dim(&times))?;
            let fields: Vec<String> =
                alert.fields.iter().map(|matched| format!("{} = {}", matched.field, matched.value)).collect();
            writeln!(out, "                {}", clip(&fields.join(", "), WIDTH - 16))?;
            writeln!(out, "                {}", self.dim(&clip(&alert.reason, WIDTH - 16)))?;
        }
        if detection.alerts.len() > LISTED {
            let more = format!("and {} more rules, all in the page", detection.alerts.len() - LISTED);
            writeln!(out, "  {}", self.dim(&more))?;
        }
        let (found, all) =
            (count(detection.attacks_found), plural(detection.attacks, "planted attack event"));
        let verdict =
            format!("Check: {found} of {all} found, {}", plural(detection.false_alarms, "false alarm"));
        let is_right = detection.attacks_found == detection.attacks && detection.false_alarms == 0;
        writeln!(out, "  {}", if is_right { self.good(&verdict) } else { self.bad(&verdict) })?;
        for error in &detection.rule_errors {
            writeln!(out, "  {}", self.bad(error))?;
        }
        Ok(())
    }

    fn not_read(&self, out: &mut impl Write) -> Result {
        let list = &self.facts.not_read;
        let note = if list.is_empty() {
            "everything was read".to_owned()
        } else {
            plural(list.len() as u64, "part")
        };
        self.section(out, "Not read", &note)?;
        for entry in list.iter().take(LISTED) {
            writeln!(out, "  {}: {}", entry.name, clip(&entry.reason, WIDTH))?;
        }
        if list.len() > LISTED {
            writeln!(out, "  {}", self.dim(&format!("and {} more, all in the page", list.len() - LISTED)))?;
        }
        Ok(())
    }

    fn section(&self, out: &mut impl Write, title: &str, note: &str) -> Result {
        writeln!(out, "\n{}  {}", self.bold(title), self.dim(note))
    }

    fn bar(&self, value: u64, most: u64) -> String {
        let eighths = if most == 0 { 0 } else { (value * 8 * BAR as u64).div_ceil(most) as usize };
        let mut bar = "█".repeat(eighths / 8);
        bar.push_str(["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]);
        self.mark("33", &bar)
    }

    fn bold(&self, text: &str) -> String {
        self.mark("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.mark("2", text)
    }

    fn good(&self, text: &str) -> String {
        self.mark("32", text)
    }

    fn bad(&self, text: &str) -> String {
        self.mark("31", text)
    }

    fn mark(&self, code: &str, text: &str) -> String {
        match self.style {
            Style::Plain => text.to_owned(),
            Style::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

/// Where a hit stands: `mail/a.eml, attachment: b.csv, bytes 10 to 80`.
pub(crate) fn place(hit: &Hit) -> String {
    let part = if hit.part.is_empty() { String::new() } else { format!(", {}", hit.part) };
    format!("{}{part}, bytes {} to {}", hit.document, hit.start, hit.end)
}
