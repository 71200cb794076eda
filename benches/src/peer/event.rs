//! rsigma-eval and sigma-rust. Both parse the same lines and meet the same rules as ours.
//!
//! Ours skips the rules whose log source an event cannot have. rsigma-eval can, if told an event's log
//! source; the engine `rsigma-eval-routed` tells it. sigma-rust evaluates every rule.

use std::hint::black_box;

use rsigma_eval::{CorrelationConfig, CorrelationEngine, Engine as Rsigma, EvaluationResult, JsonEvent};
use rsigma_parser::LogSource;
use serde_json::Value;

use crate::facts;
use crate::job::{Engine, Failure, Job};
use crate::ours::correlation::rules as correlation_rules;
use crate::ours::event::read_rules;

pub(crate) fn open_rsigma(job: &Job) -> Result<Engine, Failure> {
    if job.params["task"] == "correlation" {
        return correlation(job);
    }
    rsigma(job, |engine, event| engine.evaluate(&JsonEvent::owned(event)))
}

/// Its correlations, told at every event for which they hold, as ours are in this case.
fn correlation(job: &Job) -> Result<Engine, Failure> {
    let parsed = rsigma_parser::parse_sigma_yaml(&correlation_rules(job)?)?;
    let fresh = move || {
        let mut engine = CorrelationEngine::new(CorrelationConfig {
            emit_detections: false,
            ..CorrelationConfig::default()
        });
        engine.add_collection(&parsed)?;
        Ok::<_, Failure>(engine)
    };
    let text = job.text()?;
    let events: Vec<JsonEvent<'static>> = text
        .lines()
        .map(|line| Ok(JsonEvent::owned(serde_json::from_str(line)?)))
        .collect::<Result<_, Failure>>()?;
    let mut engine = fresh()?;
    let alerts: usize = events.iter().map(|event| engine.process_event(event).len()).sum();
    let facts = facts! { "events": events.len(), "alerts": alerts, "groups": engine.state_count() };
    let amount = events.len() as f64;
    let run = move || {
        let mut engine = fresh()?;
        for event in &events {
            black_box(engine.process_event(black_box(event)));
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: "0.20" })
}

pub(crate) fn open_rsigma_routed(job: &Job) -> Result<Engine, Failure> {
    rsigma(job, |engine, event| {
        let source = log_source(&event);
        engine.evaluate_pruned(&JsonEvent::owned(event), &source)
    })
}

fn rsigma(
    job: &Job,
    evaluate: impl Fn(&Rsigma, Value) -> Vec<EvaluationResult> + 'static,
) -> Result<Engine, Failure> {
    let (mut rules, mut refused) = (Vec::new(), 0);
    for (_, yaml) in read_rules(job)? {
        match rsigma_parser::parse_sigma_yaml(&yaml) {
            Ok(parsed) => {
                refused += parsed.errors.len();
                rules.extend(parsed.rules);
            }
            Err(_) => refused += 1,
        }
    }
    let mut engine = Rsigma::new();
    refused += engine.add_rules(&rules).len();
    let text = job.text()?;
    let (mut events, mut matches) = (0u32, 0);
    for line in text.lines() {
        matches += evaluate(&engine, serde_json::from_str(line)?).len();
        events += 1;
    }
    let facts = facts! {
        "rules": engine.rule_count(), "refused": refused, "events": events, "matches": matches,
    };
    let run = move || {
        for line in text.lines() {
            black_box(evaluate(&engine, serde_json::from_str(black_box(line))?));
        }
        Ok(())
    };
    Ok(Engine { amount: f64::from(events), run: Box::new(run), facts, version: "0.20" })
}

/// What the channel and number of a Windows event say about its log source. An event has one category here;
/// where the taxonomy knows two (a registry event that sets a value), the narrower one.
fn log_source(event: &Value) -> LogSource {
    let number = event["EventID"].as_u64().unwrap_or(0);
    let (service, category) = match event["Channel"].as_str().unwrap_or("") {
        "Microsoft-Windows-Sysmon/Operational" => ("sysmon", sysmon_category(number)),
        "security" | "Security" => ("security", if number == 4688 { "process_creation" } else { "none" }),
        "Microsoft-Windows-PowerShell/Operational" => (
            "powershell",
            match number {
                4103 => "ps_module",
                4104 => "ps_script",
                _ => "none",
            },
        ),
        "Windows PowerShell" => (
            "powershell-classic",
            match number {
                400 => "ps_classic_start",
                600 => "ps_classic_provider_start",
                800 => "ps_classic_script",
                _ => "none",
            },
        ),
        "System" => ("system", "none"),
        "Application" => ("application", "none"),
        _ => ("other", "none"),
    };
    LogSource {
        product: Some("windows".to_owned()),
        service: Some(service.to_owned()),
        category: Some(category.to_owned()),
        ..LogSource::default()
    }
}

fn sysmon_category(number: u64) -> &'static str {
    match number {
        1 => "process_creation",
        2 => "file_change",
        3 => "network_connection",
        5 => "process_termination",
        6 => "driver_load",
        7 => "image_load",
        8 => "create_remote_thread",
        9 => "raw_access_thread",
        10 => "process_access",
        11 => "file_event",
        12 | 14 => "registry_event",
        13 => "registry_set",
        15 => "create_stream_hash",
        17 | 18 => "pipe_created",
        22 => "dns_query",
        23 | 26 => "file_delete",
        25 => "process_tampering",
        _ => "none",
    }
}

pub(crate) fn open_sigma_rust(job: &Job) -> Result<Engine, Failure> {
    let (mut rules, mut refused) = (Vec::new(), 0);
    for (_, yaml) in read_rules(job)? {
        match sigma_rust::rule_from_yaml(&yaml) {
            Ok(rule) => rules.push(rule),
            Err(_) => refused += 1,
        }
    }
    let text = job.text()?;
    let (mut events, mut matches) = (0u32, 0);
    for line in text.lines() {
        let event = sigma_rust::event_from_json(line)?;
        matches += rules.iter().filter(|rule| rule.is_match(&event)).count();
        events += 1;
    }
    let facts = facts! {
        "rules": rules.len(), "refused": refused, "events": events, "matches": matches,
    };
    let run = move || {
        for line in text.lines() {
            let event = sigma_rust::event_from_json(black_box(line))?;
            black_box(rules.iter().filter(|rule| rule.is_match(&event)).count());
        }
        Ok(())
    };
    Ok(Engine { amount: f64::from(events), run: Box::new(run), facts, version: "0.7" })
}
