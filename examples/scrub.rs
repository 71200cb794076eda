//! Take private data out of a text, and keep what the reader needs.

use sting_pii::{Action, Error, ScrubConfig, Scrubber};

fn main() -> Result<(), Error> {
    let config = ScrubConfig::default().with_action("credit_card", Action::mask_keeping_last(4));
    let scrubber = Scrubber::new(config)?;

    let note = "Wendell (wendell@prairie.example) was charged twice on 4012 8888 8888 1881.";
    let result = scrubber.scrub(note)?;

    println!("{}", result.text.get());
    for finding in &result.findings {
        println!(
            "{} at bytes {}..{}: {}",
            finding.kind, finding.span.start, finding.span.end, finding.action
        );
    }
    Ok(())
}
