//! The classifier, and what a language model adds to it, on the generator's campaigns and on the alerts of BGL. Always what is
//! earlier is learnt and what is later is judged, so that no campaign is on both sides but one that goes on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sting_cli::generate;
use sting_core::analyze::{Budget, Judgement, Route, Signals, Worths, route};
use sting_core::classify::{EventModel, Example, Label, ModelConfig, calibration_error, macro_f1};
use sting_core::event::{Event, Severity};
use sting_core::model::{EventClassifier, Evidence, risk_of_label};
use sting_core::sigma::{Match, RuleSet};

use super::logs::columns;
use crate::eval::shared;
use crate::job::Failure;

/// Shares of the events that a language model may be asked about.
const SHARES: [f64; 4] = [0.0, 0.01, 0.05, 0.20];
/// The stand-in for the model is wrong about one event in so many, whatever it is asked.
const WRONG: u64 = 10;
/// Share of the stream that is learnt.
const LEARNT: f64 = 0.6;
const EVENTS: usize = 60_000;
const SEED: u64 = 7;

/// One event, what the rules say about it, and what it is.
struct Labelled {
    event: Event,
    matches: Vec<Match>,
    label: String,
}

impl Labelled {
    fn evidence(&self, with_rules: bool) -> Evidence<'_> {
        let evidence = Evidence::of(&self.event);
        if with_rules { evidence.with_matches(&self.matches) } else { evidence }
    }
}

pub(super) fn run() -> Result<(), Failure> {
    println!("## Classifier and router\n");
    println!(
        "The first {:.0} % of each stream are learnt, the rest is judged. The stand-in for a language model answers wrongly \
         once in {WRONG}; it is asked where the analyzer's router sends an event of the stream to it, which is at most the \
         share given at any moment, never where rules say high, and only where the classifier is less sure than the \
         stand-in is right.\n",
        LEARNT * 100.0
    );
    println!("| stream | classes | judged | ECE | macro-F1 at LLM share 0 % | 1 % | 5 % | 20 % |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    let kinds = campaigns(|campaign| campaign.rsplit_once('-').map_or(campaign, |(kind, _)| kind))?;
    judge("campaigns, attack or not, fields and rules", &campaigns(|_| "attack")?, true)?;
    judge("campaigns, attack or not, fields alone", &campaigns(|_| "attack")?, false)?;
    judge("campaigns, kind of attack, fields and rules", &kinds, true)?;
    for system in ["BGL", "Thunderbird"] {
        judge(&format!("{system}, alert or not"), &alerts(system)?, false)?;
    }
    println!();
    Ok(())
}

/// A stream of the generator; `label` names the class of a campaign.
fn campaigns(label: impl Fn(&str) -> &str) -> Result<Vec<Labelled>, Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/cli/demo/rules");
    let mut files = Vec::new();
    for path in super::recordings::below(&folder, &["yml"])? {
        files.push((path.display().to_string(), fs::read_to_string(&path)?));
    }
    let rules = RuleSet::parse(files);
    let (events, truth) = generate::events(EVENTS, SEED);
    let attacks: BTreeMap<usize, &str> =
        truth.attacks.iter().map(|attack| (attack.event, attack.campaign.as_str())).collect();
    let labelled = events.iter().enumerate().map(|(i, value)| {
        let event = Event::from_json(value.to_string().as_bytes())?;
        let label = attacks.get(&i).map_or("benign", |campaign| label(campaign)).to_owned();
        Ok(Labelled { matches: rules.matches(&event), event, label })
    });
    labelled.collect()
}

/// Lines of a supercomputer, of which its operators marked some as alerts.
fn alerts(system: &str) -> Result<Vec<Labelled>, Failure> {
    let path = shared("loghub_2k")?.join(system).join(format!("{system}_2k.log_structured.csv"));
    let [labels, components, messages] = columns(&path, ["Label", "Component", "Content"])?;
    // Thunderbird's lines have no level.
    let levels =
        columns(&path, ["Level"]).map_or_else(|_| vec![String::new(); labels.len()], |[levels]| levels);
    let labelled = labels.iter().enumerate().map(|(i, label)| {
        let event =
            serde_json::json!({"component": components[i], "level": levels[i], "message": messages[i]});
        Ok(Labelled {
            event: Event::from_json(event.to_string().as_bytes())?,
            matches: Vec::new(),
            label: if label == "-" { "benign" } else { "alert" }.to_owned(),
        })
    });
    labelled.collect()
}

fn judge(name: &str, stream: &[Labelled], with_rules: bool) -> Result<(), Failure> {
    let (learnt, judged) = stream.split_at((stream.len() as f64 * LEARNT) as usize);
    let mut model = EventModel::new(ModelConfig::default())?;
    let examples =
        learnt.iter().map(|one| Example::new(one.evidence(with_rules), Label::by_record(&one.label)));
    model.learn(&examples.collect::<Vec<_>>())?;
    let labels = model.labels().to_vec();
    if labels.len() < 2 {
        println!(
            "| {name} | {} | {} | the part that is learnt has one class only ||||| ",
            labels.len(),
            judged.len()
        );
        return Ok(());
    }
    // A class that was never learnt counts as one more, which is never chosen.
    let class = |one: &Labelled| labels.iter().position(|label| *label == one.label).unwrap_or(labels.len());
    let truth: Vec<usize> = judged.iter().map(class).collect();
    let evidence: Vec<Evidence<'_>> = judged.iter().map(|one| one.evidence(with_rules)).collect();
    let classes = labels.len() + 1;
    let mut rows = Vec::with_capacity(judged.len() * classes);
    let mut said = Vec::with_capacity(judged.len());
    for (one, row) in judged.iter().zip(model.classify_events(&evidence)?.chunks_exact(labels.len())) {
        said.push(signals(one, with_rules, row, &labels));
        rows.extend_from_slice(row);
        rows.push(0.0);
    }
    let ece = calibration_error(&rows, &truth, classes);
    let shares = SHARES.map(|share| macro_f1(&asked(&rows, &said, &truth, classes, share), &truth, classes));
    let cells: Vec<String> = shares.iter().map(|f1| format!("{f1:.3}")).collect();
    println!("| {name} | {} | {} | {ece:.3} | {} |", labels.len(), judged.len(), cells.join(" | "));
    Ok(())
}

/// What the cheap means say about an event: its rules' worst level and the classifier's row.
fn signals(one: &Labelled, with_rules: bool, row: &[f32], labels: &[String]) -> Signals {
    let points = |found: &Match| found.level.unwrap_or(Severity::Medium).points();
    let matches = if with_rules { one.matches.as_slice() } else { &[] };
    Signals {
        evidence: matches.iter().map(points).fold(0.0, f64::max),
        classifier: Some(Judgement::of(row, |class| risk_of_label(&labels[class]))),
        ..Signals::default()
    }
}

/// The rows after the stand-in was asked about those events that the analyzer's router sends to it, in their order and
/// knowing what came before. It need not be asked where the classifier is surer than the stand-in is right.
fn asked(rows: &[f32], signals: &[Signals], truth: &[usize], classes: usize, share: f64) -> Vec<f32> {
    let mut as_sure_as_the_model = vec![0.0; classes - 1];
    as_sure_as_the_model[0] = 1.0 - 1.0 / WRONG as f32;
    as_sure_as_the_model[1] = 1.0 / WRONG as f32;
    let mut budget = Budget {
        llm_share: share,
        threshold: 0.0,
        min_uncertainty: Judgement::of(&as_sure_as_the_model, |_| 0.0).uncertainty,
        events: 0,
        asked: 0,
        tokens_left: None,
        tokens_needed: 0,
        latency_left: None,
        is_available: true,
    };
    let mut worths = Worths::default();
    let mut rows = rows.to_vec();
    for ((row, signals), truth) in rows.chunks_exact_mut(classes).zip(signals).zip(truth) {
        budget.threshold = worths.threshold(share);
        let is_asked = route(signals, &budget) == Route::Llm;
        budget.events += 1;
        worths.add(signals.worth());
        if is_asked {
            budget.asked += 1;
            let is_wrong = budget.asked.is_multiple_of(WRONG);
            row.fill(0.0);
            row[if is_wrong { (truth + 1) % classes } else { *truth }] = 1.0;
        }
    }
    rows
}
