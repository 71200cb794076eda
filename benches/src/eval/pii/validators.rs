//! dd-sensitive-data-scanner's cases of its checksum tests: a case passes if our test of the same thing
//! says the same.

use serde::Deserialize;
use sting_pii::validate;

use super::lines;
use crate::job::Failure;

#[derive(Deserialize)]
struct Case {
    validator: String,
    text: String,
    expected: bool,
    src: String,
}

/// Their names and ours, as the tests of `sting-pii` have them.
const NAMES: &str = include_str!("../../../../sting-pii/tests/it/validators.txt");

pub(super) fn run() -> Result<(), Failure> {
    let names: Vec<(&str, &str)> = NAMES.lines().filter_map(|line| line.split_once(' ')).collect();
    let (mut passed, mut all, mut missed) = (0, 0, Vec::new());
    for case in lines::<Case>("pii/validator_cases.jsonl")? {
        all += 1;
        let file = case.src.rsplit('/').next().unwrap_or_default();
        let same = |theirs: &str| {
            theirs == case.validator || case.validator == "validator" && file.starts_with(theirs)
        };
        let ours = names.iter().find(|(theirs, _)| same(theirs)).map(|(_, ours)| *ours);
        if ours.and_then(|ours| validate(ours, &case.text)) == Some(case.expected) {
            passed += 1;
        } else {
            missed.push(format!(
                "{} ({}): {:?}, they say {}",
                case.validator,
                ours.unwrap_or("no such test"),
                case.text,
                case.expected
            ));
        }
    }
    println!("\n## Checksum tests\n\n{passed} of {all} pass. Not passed:\n");
    for case in missed {
        println!("- {case}");
    }
    Ok(())
}
