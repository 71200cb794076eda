use std::hint::black_box;

use sting_core::classify::{EventModel, Example, Label, ModelConfig};
use sting_core::event::Event;
use sting_core::model::{EventClassifier, Evidence};

use crate::facts;
use crate::job::{Engine, Failure, Job};

/// Events a second that a model of two classes sorts, features and probabilities included, parsing and rules not. The classes
/// are made up, by whether `powershell` is in the event.
pub(crate) fn open(job: &Job) -> Result<Engine, Failure> {
    let text = job.text()?;
    let events: Vec<Event> =
        text.lines().map(|line| Event::from_json(line.as_bytes())).collect::<Result<_, _>>()?;
    let label =
        |event: &Event| Label::by_record(if event.raw().contains("powershell") { "shell" } else { "benign" });
    let learnt: Vec<_> = events.iter().map(|event| Example::new(Evidence::of(event), label(event))).collect();
    let mut model = EventModel::new(ModelConfig::default())?;
    let report = model.learn(&learnt)?;
    let facts = facts! {
        "events": events.len(), "bytes": text.len(), "model_bytes": model.to_bytes().len(),
        "macro_f1": report.macro_f1,
    };
    let amount = events.len() as f64;
    let run = move || {
        for events in events.chunks(64) {
            let evidence: Vec<_> = events.iter().map(Evidence::of).collect();
            black_box(model.classify_events(black_box(&evidence))?);
        }
        Ok(())
    };
    Ok(Engine { amount, run: Box::new(run), facts, version: super::VERSION })
}
