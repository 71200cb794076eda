use super::{EventModel, Example, Label, LabelSource, ModelConfig};
use crate::Error;
use crate::event::Event;
use crate::model::{Embedder, EventClassifier, Evidence, ModelError};
use std::sync::Arc;

/// Events of two kinds that differ in a word, in a hundred ways each; `noise` of a hundred have the wrong label.
fn events(count: usize, noise: usize) -> Vec<(Event, &'static str)> {
    let event = |i: usize| {
        let bad = i.is_multiple_of(4);
        let wrong = i * 37 % 100 < noise;
        let verb = if bad { "dump" } else { "list" };
        let json = format!(
            r#"{{"cmd": "tool{} {verb} item-{}", "user": "u{}", "n": {i}}}"#,
            i % 7,
            i * 31 % 97,
            i % 13
        );
        let label = if bad == wrong { "benign" } else { "attack" };
        (Event::from_json(json.as_bytes()).unwrap(), label)
    };
    (0..count).map(event).collect()
}

fn examples<'a>(events: &'a [(Event, &'static str)]) -> Vec<Example<'a>> {
    events.iter().map(|(event, label)| Example::new(Evidence::of(event), Label::by_record(label))).collect()
}

fn trained(config: ModelConfig, events: &[(Event, &'static str)]) -> EventModel {
    let mut model = EventModel::new(config).unwrap();
    model.learn(&examples(events)).unwrap();
    model
}

#[test]
fn it_learns_and_knows_how_sure_to_be() {
    let noisy = events(3000, 20);
    let mut model = EventModel::new(ModelConfig::default()).unwrap();
    let report = model.learn(&examples(&noisy)).unwrap();
    assert!(report.learnt > 2000 && report.kept_back > 300, "{report:?}");
    assert!(report.calibration_error < 0.08 && report.macro_f1 > 0.7, "{report:?}");
    let clean = events(400, 0);
    let evidence: Vec<_> = clean.iter().map(|(event, _)| Evidence::of(event)).collect();
    let rows = model.classify_events(&evidence).unwrap();
    let (mut right, mut sure) = (0, 0.0);
    for (row, (_, label)) in rows.chunks_exact(2).zip(&clean) {
        assert!((row[0] + row[1] - 1.0).abs() < 1e-5);
        let chosen = usize::from(row[1] > row[0]);
        right += usize::from(model.labels()[chosen] == *label);
        sure += f64::from(row[chosen]) / 400.0;
    }
    // One label in five was wrong, and the model says so.
    assert!(right > 390 && (0.72..0.88).contains(&sure), "{right} right, {sure} sure");
}

#[test]
fn learning_goes_on_and_new_classes_come() {
    let first = events(400, 0);
    let mut model = trained(ModelConfig::default(), &first);
    let scan: Vec<_> = (0..80)
        .map(|i| (Event::from_text(&format!("portscan from 10.0.0.{i} seen {i} times")), "scan"))
        .collect();
    model.learn(&examples(&scan)).unwrap();
    assert_eq!(model.labels(), ["attack", "benign", "scan"]);
    let one = Event::from_text("portscan from 10.9.9.9 seen 3 times");
    let row = model.classify_events(&[Evidence::of(&one), Evidence::of(&first[0].0)]).unwrap();
    assert!(row[2] > 0.5 && row[3] > 0.5, "{row:?}");
}

#[test]
fn a_class_weight_moves_the_border() {
    let noisy = events(300, 30);
    let careful = ModelConfig::default().with_class_weight("attack", 10.0).with_balance(0.0);
    let shares = |config| {
        let model = trained(config, &noisy[..60]);
        let attack = model.labels().iter().position(|label| label == "attack").unwrap();
        let evidence: Vec<_> = noisy.iter().map(|(event, _)| Evidence::of(event)).collect();
        let rows = model.classify_events(&evidence).unwrap();
        rows.chunks_exact(2).map(|row| row[attack]).sum::<f32>()
    };
    assert!(shares(careful) > shares(ModelConfig::default().with_balance(0.0)) + 10.0);
}

#[test]
fn the_same_examples_give_the_same_model() {
    let noisy = events(500, 10);
    let model = trained(ModelConfig::default(), &noisy);
    assert_eq!(model.to_bytes(), trained(ModelConfig::default(), &noisy).to_bytes());
    let mut restored = EventModel::from_bytes(&model.to_bytes()).unwrap();
    assert_eq!(restored.to_bytes(), model.to_bytes());
    let mut model = model;
    let more = events(90, 0);
    assert_eq!(model.learn(&examples(&more)).unwrap(), restored.learn(&examples(&more)).unwrap());
    assert_eq!(restored.to_bytes(), model.to_bytes());
}

#[test]
fn damage_is_found() {
    let bytes = trained(ModelConfig::default().with_bits(8), &events(100, 0)).to_bytes();
    for place in (0..bytes.len()).step_by(61) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 16;
        assert!(matches!(EventModel::from_bytes(&damaged), Err(Error::State { .. })), "byte {place}");
        assert!(EventModel::from_bytes(&bytes[..place]).is_err());
    }
}

#[test]
fn what_cannot_be_learnt_is_refused() {
    let mut model = EventModel::new(ModelConfig::default()).unwrap();
    let event = Event::from_text("x");
    let evidence = [Evidence::of(&event)];
    let learner: &mut dyn EventClassifier = &mut model;
    assert!(learner.learn(&evidence, &[]).unwrap_err().to_string().contains("0 labels for 1 events"));
    assert!(learner.classify_events(&evidence).unwrap().is_empty());
    let names: Vec<String> = (0..257).map(|i| i.to_string()).collect();
    let many: Vec<_> = names.iter().map(|name| Example::new(evidence[0], Label::by_analyst(name))).collect();
    assert!(matches!(model.learn(&many), Err(Error::Config { .. })));
    assert!(model.labels().is_empty());
    assert!(EventModel::new(ModelConfig::default().with_bits(40)).is_err());
    assert!(EventModel::new(ModelConfig::default().with_class_weight("a", f32::NAN)).is_err());
    assert_eq!(Label::by_analyst("a").source(), LabelSource::Analyst);
}

/// Says whether a text speaks of dumping.
#[derive(Debug)]
struct Dumps;

impl Embedder for Dumps {
    fn dim(&self) -> usize {
        2
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn id(&self) -> &'static str {
        "dumps"
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<f32>, ModelError> {
        let row = |text: &&str| if text.contains("dump") { [1.0, 0.0] } else { [0.0, 1.0] };
        Ok(texts.iter().flat_map(row).collect())
    }
}

#[test]
fn an_embedder_is_asked_and_must_be_given_again() {
    let noisy = events(200, 0);
    let mut model =
        EventModel::new(ModelConfig::default().with_bits(8)).unwrap().with_embedder(Arc::new(Dumps)).unwrap();
    model.learn(&examples(&noisy)).unwrap();
    let strange = Event::from_text("credential dumping");
    let row = model.classify_events(&[Evidence::of(&strange)]).unwrap();
    assert!(row[0] > 0.5, "{row:?}");
    let restored = EventModel::from_bytes(&model.to_bytes()).unwrap();
    assert!(
        restored
            .classify_events(&[Evidence::of(&strange)])
            .unwrap_err()
            .to_string()
            .contains("with_embedder")
    );
    let restored = restored.with_embedder(Arc::new(Dumps)).unwrap();
    assert_eq!(restored.classify_events(&[Evidence::of(&strange)]).unwrap(), row);
    assert!(trained(ModelConfig::default(), &noisy).with_embedder(Arc::new(Dumps)).is_err());
}
