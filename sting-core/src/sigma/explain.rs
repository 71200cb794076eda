//! Why a rule did not match, or did.

use super::matcher::{Test, Values};
use super::route::Origin;
use super::rule::{Rule, Selection};
use super::view::View;
use crate::event::Event;
use serde::Serialize;

/// How an event fared with a rule, selection by selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// True if the rule matches the event.
    pub matched: bool,
    /// False if the event is proved to come from another log source than the rule's; the rule is not
    /// evaluated then, whatever its selections say.
    pub logsource: bool,
    /// The selections, in the order of the rule.
    pub selections: Vec<SelectionOutcome>,
}

/// How an event fared with a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SelectionOutcome {
    /// Name of the selection.
    pub name: String,
    /// True if the event fulfils it.
    pub holds: bool,
    /// Its tests, in the order of the rule.
    pub tests: Vec<TestOutcome>,
}

/// How an event fared with one line of a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TestOutcome {
    /// The field; empty for keywords.
    pub field: String,
    /// Every name under which the event may have it: those of pipelines, and built-in aliases.
    pub names: Vec<String>,
    /// True if the event fulfils it.
    pub holds: bool,
    /// The values that the event has there; none if it lacks the field, and none for keywords, which
    /// may be anywhere.
    pub values: Vec<String>,
    /// What they were held against.
    pub patterns: Vec<String>,
}

impl Rule {
    /// Says of each selection and each of its lines whether `event` fulfils it, so that a rule that
    /// does not match can be understood.
    ///
    /// ```
    /// use sting_core::{event::Event, sigma::Rule};
    /// let yaml = "
    /// title: Whoami
    /// logsource: {category: process_creation}
    /// detection:
    ///   selection: {Image|endswith: '\\whoami.exe', User: SYSTEM}
    ///   condition: selection";
    /// let rule = &Rule::parse(yaml, "whoami.yml")?[0];
    /// let event = Event::from_json(br#"{"Image": "C:\\Windows\\System32\\whoami.exe", "User": "ada"}"#)?;
    /// let explanation = rule.explain(&event);
    /// assert!(!explanation.matched);
    /// let tests = &explanation.selections[0].tests;
    /// assert!(tests[0].holds && !tests[1].holds);
    /// assert_eq!((tests[1].values[0].as_str(), tests[1].patterns[0].as_str()), ("ada", "system"));
    /// # Ok::<(), sting_core::Error>(())
    /// ```
    pub fn explain(&self, event: &Event) -> Explanation {
        let view = View::new(event);
        let logsource = Origin::of(event).admits(&self.logsource);
        let selections = self.selections.iter().map(|(name, selection)| {
            let mut tests = Vec::new();
            outcomes(selection, &view, &mut tests);
            SelectionOutcome { name: name.clone(), holds: selection.holds(&view), tests }
        });
        Explanation { matched: logsource && self.holds(&view), logsource, selections: selections.collect() }
    }
}

fn outcomes(selection: &Selection, view: &View<'_>, out: &mut Vec<TestOutcome>) {
    match selection {
        Selection::All(parts) | Selection::Any(parts) => {
            for part in parts {
                outcomes(part, view, out);
            }
        }
        Selection::Test(test) => out.push(outcome(test, view)),
    }
}

fn outcome(test: &Test, view: &View<'_>) -> TestOutcome {
    let field = test.field.as_ref();
    let values = field.map(|field| {
        view.candidates(Some(field)).map(|index| view.value(index).as_str().to_owned()).collect()
    });
    let not = if test.negated { "not " } else { "" };
    TestOutcome {
        field: field.map(|field| field.name().to_owned()).unwrap_or_default(),
        names: field.map(|field| field.names.clone()).unwrap_or_default(),
        holds: test.holds(view),
        values: values.unwrap_or_default(),
        patterns: test.matchers.iter().map(|matcher| format!("{not}{matcher}")).collect(),
    }
}
