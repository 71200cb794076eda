//! The short programs in `examples/`, as a newcomer would run them.

use crate::sting::{STING, Said, Sandbox};
use std::path::Path;

#[track_caller]
fn example(name: &str) -> String {
    let path = Path::new(STING).with_file_name("examples").join(name);
    assert!(path.exists(), "{} is not built; run the tests of the whole package", path.display());
    Said::new(&Sandbox::new().command(path).output().unwrap()).ok()
}

#[test]
fn scrub() {
    assert_eq!(
        example("scrub"),
        "[PERSON] ([EMAIL]) was charged twice on ***************1881.\n\
         person at bytes 0..7: replace\n\
         email at bytes 9..32: replace\n\
         credit_card at bytes 55..74: mask\n"
    );
}

#[test]
fn session() {
    assert_eq!(
        example("session"),
        "the model sees neither card nor address: true\n\
         I have written to ana@larkhaven.example about it.\n\
         left over at bytes 5..27: unknown\n"
    );
}

#[test]
fn chunk() {
    assert_eq!(
        example("chunk"),
        "0..30 [On-call] # On-call  One week at a time.\n\
         32..99 [On-call > What wakes you] ## What wakes you  Only alerts that a human can do something about.\n\
         101..166 [On-call > The gateway is down] ## The gateway is down  Is it the certificate? Is it the release?\n\
         167..194 [On-call > The gateway is down] Roll back first, ask later.\n"
    );
}

#[test]
fn search() {
    assert_eq!(
        example("search"),
        "snow: The station reported snow in July; a spider sat on the sensor.\n\
         mast: The mast was replaced after the storm.\n"
    );
}

#[test]
fn detect() {
    assert_eq!(
        example("detect"),
        "event 1: Office program starts a shell\n  \
           ParentImage = C:\\Office\\WINWORD.EXE (pattern *\\winword.exe)\n  \
           Image = C:\\Windows\\System32\\cmd.exe (pattern *\\cmd.exe)\n"
    );
}

#[test]
fn correlate() {
    assert_eq!(
        example("correlate"),
        "Password guessed at 2023-11-14T22:13:29Z, events [5, 4]\n  \
           temporal_ordered is 2 over 2 events, grouped by user=ana.\n\
         6 events, 4 groups held\n"
    );
}

#[test]
fn ingest() {
    assert_eq!(
        example("ingest"),
        "2 documents, findings: {\"email\": {\"replace\": 1}, \"person\": {\"replace\": 1}}\n\
         \"on-call.md\": \"# On-call\\n\\nPage [PERSON] at [EMAIL].\"\n"
    );
}
