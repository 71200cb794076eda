//! Security events of a small company over some days, with attacks hidden among them.
//!
//! People come to work in the morning and machines talk all night. Attacks are campaigns whose steps
//! lie minutes to hours apart; most steps are such that one of the bundled rules must find them, some
//! are such that no single event gives them away. The rest of the events holds near-misses: what the
//! rules must leave alone although it looks almost the same.

mod attack;
mod background;
mod shape;

use super::Dice;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One event of an attack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlantedAttack {
    /// Place of the event in the stream, from 0.
    pub event: usize,
    /// Which attack it belongs to, such as `ransom-1`.
    pub campaign: String,
    /// Which step of the attack it is.
    pub step: String,
    /// The machine that reports it, and the account that it speaks of; empty where the event names none.
    pub host: String,
    /// See [`PlantedAttack::host`].
    pub user: String,
    /// Ids of the bundled rules that must find it; none for a step that no single event gives away.
    pub rules: Vec<String>,
}

/// Which events of a stream are attacks. Every other event is harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTruth {
    /// In the order of the stream.
    pub attacks: Vec<PlantedAttack>,
}

impl EventTruth {
    /// The truth about the first `events` events of the stream, and about the rest with places from 0: the stream is in the
    /// order of time, so this is before and after. A campaign under way at that moment has steps in both.
    pub fn split(mut self, events: usize) -> (Self, Self) {
        let later = self.attacks.partition_point(|attack| attack.event < events);
        let mut rest = self.attacks.split_off(later);
        for attack in &mut rest {
            attack.event -= events;
        }
        (self, Self { attacks: rest })
    }
}

/// Where the sources of the company name the machine and the account.
const HOSTS: [&str; 4] = ["/Event/System/Computer", "/host/name", "/device_id", "/source"];
const USERS: [&str; 5] =
    ["/Event/EventData/User", "/user/name", "/user_id", "/cs-username", "/userIdentity/userName"];

/// The first of these places that holds a text, without the domain before it.
fn named(event: &Value, places: &[&str]) -> String {
    let name = places.iter().find_map(|place| event.pointer(place)?.as_str()).unwrap_or_default();
    name.rsplit('\\').next().unwrap_or(name).to_owned()
}

/// An event on its way into the stream.
struct Timed {
    /// Seconds since the stream began.
    at: u64,
    value: Value,
    attack: Option<Mark>,
}

/// What makes an event one of an attack.
struct Mark {
    campaign: String,
    step: &'static str,
    /// Numbers of the bundled rules.
    rules: &'static [u8],
}

const DAY: u64 = 24 * 3600;

/// Events a day in a stream long enough to have days.
const EVENTS_A_DAY: usize = 1000;

/// One campaign for so many events.
const EVENTS_A_CAMPAIGN: usize = 400;

/// `count` events in the order of their time, and which of them are attacks. The same count and seed
/// give the same events everywhere.
pub fn events(count: usize, seed: u64) -> (Vec<Value>, EventTruth) {
    let mut dice = Dice::new(seed, "events");
    let days = (count / EVENTS_A_DAY).clamp(2, 365) as u64;
    let mut stream: Vec<Timed> = Vec::with_capacity(count);
    for number in 0..count.div_ceil(EVENTS_A_CAMPAIGN) {
        let day = dice.below(days - 1);
        let (name, steps) = attack::campaign(number, day * DAY, &mut dice);
        stream.extend(steps.into_iter().map(|step| {
            let mark = Mark { campaign: name.clone(), step: step.name, rules: step.rules };
            Timed { at: step.at, value: step.value, attack: Some(mark) }
        }));
    }
    // A short stream holds the beginning of its campaign, and harmless events all the same.
    stream.truncate(count / 4);
    while stream.len() < count {
        let at = background::moment(days, &mut dice);
        stream.push(Timed { at, value: background::event(at, &mut dice), attack: None });
    }
    stream.sort_by_key(|timed| timed.at);
    let mut truth = EventTruth::default();
    let mut events = Vec::with_capacity(count);
    for (event, timed) in stream.into_iter().enumerate() {
        if let Some(mark) = timed.attack {
            truth.attacks.push(PlantedAttack {
                event,
                campaign: mark.campaign,
                step: mark.step.to_owned(),
                host: named(&timed.value, &HOSTS),
                user: named(&timed.value, &USERS),
                rules: mark.rules.iter().map(|number| format!("{RULE_PREFIX}{number:02}")).collect(),
            });
        }
        events.push(timed.value);
    }
    (events, truth)
}

/// The ids of the bundled rules, up to their number.
const RULE_PREFIX: &str = "7a1d0c52-3a52-4f0e-9d3c-0f6f2c1b5a";

#[cfg(test)]
mod tests {
    use super::{Value, events};
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;
    use sting_core::event::{Envelope, Event};
    use sting_core::sigma::RuleSet;

    fn rules() -> RuleSet {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/rules");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), std::fs::read_to_string(&path).unwrap())
        });
        RuleSet::parse(files)
    }

    #[test]
    fn the_bundled_rules_find_what_was_planted_and_nothing_else() {
        let rules = rules();
        assert_eq!(rules.errors(), []);
        let mut fired = BTreeSet::new();
        for seed in 0..3 {
            let (events, truth) = events(2000, seed);
            let mut expected = BTreeMap::<usize, BTreeSet<String>>::new();
            for attack in &truth.attacks {
                expected.entry(attack.event).or_default().extend(attack.rules.iter().cloned());
            }
            expected.retain(|_, rules| !rules.is_empty());
            let mut found = BTreeMap::<usize, BTreeSet<String>>::new();
            for (i, value) in events.iter().enumerate() {
                let event = Event::from_json(value.to_string().as_bytes()).unwrap();
                for hit in rules.matches(&event) {
                    found.entry(i).or_default().insert(hit.rule_id);
                }
            }
            fired.extend(found.values().flatten().cloned());
            assert_eq!(found, expected, "seed {seed}");
            assert!(expected.len() >= 20, "{} planted events", expected.len());
        }
        assert_eq!(fired.len(), rules.len(), "each rule has something to find");
    }

    /// Without its exceptions each rule would call something harmless an attack.
    #[test]
    fn the_near_misses_are_near() {
        let (events, truth) = events(6000, 11);
        let attacks: BTreeSet<usize> = truth.attacks.iter().map(|attack| attack.event).collect();
        for rule in rules().rules() {
            let yaml = std::fs::read_to_string(&*rule.path).unwrap();
            let Some((blunt, _)) = yaml.split_once(" and not ") else { continue };
            let blunt = RuleSet::parse([(String::new(), blunt.to_owned())]);
            let hits = |value: &Value| {
                !blunt.matches(&Event::from_json(value.to_string().as_bytes()).unwrap()).is_empty()
            };
            let wrong = events.iter().enumerate().any(|(i, value)| !attacks.contains(&i) && hits(value));
            assert!(wrong, "{}", rule.title);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        assert_eq!(events(300, 7), events(300, 7));
        assert_ne!(events(300, 7).0, events(300, 8).0);
        for count in [0, 1, 3, 50] {
            assert_eq!(events(count, 1).0.len(), count);
        }
    }

    #[test]
    fn the_truth_names_machines_and_accounts_and_can_be_split() {
        let (events, truth) = events(4000, 9);
        assert!(truth.attacks.iter().all(|attack| !attack.host.is_empty() || !attack.user.is_empty()));
        let user = |step: &str| {
            let mut steps = truth.attacks.iter().filter(|attack| attack.campaign == "ransom-1");
            steps.find(|attack| attack.step == step).map(|attack| attack.user.clone())
        };
        assert_eq!(user("asks who it is"), user("document starts a hidden script"));
        assert!(user("asks who it is").is_some_and(|user| user.contains('.')));
        let whole = truth.attacks.clone();
        let (before, after) = truth.split(events.len() / 2);
        assert_eq!(before.attacks.len() + after.attacks.len(), whole.len());
        assert!(!before.attacks.is_empty() && !after.attacks.is_empty());
        assert!(before.attacks.iter().all(|attack| attack.event < 2000));
        assert_eq!(after.attacks[0].event + 2000, whole[before.attacks.len()].event);
    }

    #[test]
    fn every_event_keeps_the_promises_of_its_shape() {
        let (events, truth) = events(1000, 3);
        let mut last = None;
        for value in &events {
            let event = Event::from_json(value.to_string().as_bytes()).unwrap();
            let (envelope, faults) = Envelope::read(&event);
            assert!(faults.is_empty(), "{faults:?} {value}");
            assert!(envelope.timestamp.is_some() && envelope.timestamp >= last, "{value}");
            last = envelope.timestamp;
        }
        let campaigns: BTreeSet<_> = truth.attacks.iter().map(|attack| &attack.campaign).collect();
        assert!(campaigns.len() >= 2);
        assert!(truth.attacks.iter().any(|attack| attack.rules.is_empty()));
    }

    /// Work goes on by day, and at night there is still something.
    #[test]
    fn the_day_has_a_rhythm() {
        let mut hours = [0_usize; 24];
        for value in events(4000, 5).0 {
            let event = Event::from_json(value.to_string().as_bytes()).unwrap();
            hours[event.timestamp().unwrap().as_second().rem_euclid(86_400) as usize / 3600] += 1;
        }
        let (night, day): (usize, usize) = (hours[..6].iter().sum(), hours[9..15].iter().sum());
        assert!(night > 50 && day > 3 * night, "{hours:?}");
    }
}
