//! Apply a detection rule to a stream of events, and say why it matched.

use sting_core::Error;
use sting_core::event::Event;
use sting_core::sigma::RuleSet;

const RULE: &str = "
title: Office program starts a shell
logsource: {category: process_creation, product: windows}
level: high
detection:
  selection:
    ParentImage|endswith: ['\\winword.exe', '\\excel.exe']
    Image|endswith: ['\\cmd.exe', '\\powershell.exe']
  condition: selection
";

const EVENTS: [&str; 2] = [
    r#"{"ParentImage": "C:\\Windows\\explorer.exe", "Image": "C:\\Windows\\System32\\cmd.exe"}"#,
    r#"{"ParentImage": "C:\\Office\\WINWORD.EXE", "Image": "C:\\Windows\\System32\\cmd.exe"}"#,
];

fn main() -> Result<(), Error> {
    let rules = RuleSet::parse([("office.yml".to_owned(), RULE.to_owned())]);
    for (number, json) in EVENTS.iter().enumerate() {
        for found in rules.matches(&Event::from_json(json.as_bytes())?) {
            println!("event {number}: {}", found.title);
            for field in &found.fields {
                println!("  {} = {} (pattern {})", field.field, field.value, field.pattern);
            }
        }
    }
    Ok(())
}
