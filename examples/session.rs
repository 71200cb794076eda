//! Ask a language model about private data without showing it any.

use sting_pii::{Error, Key, ScrubConfig, Scrubber};

/// Stands for a language model: it sees tokens only, and answers in pieces.
fn model(prompt: &str) -> Vec<String> {
    let address = prompt.rsplit(' ').next().unwrap_or_default();
    let answer = format!("I have written to {address} about it.");
    answer.as_bytes().chunks(7).map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
}

fn main() -> Result<(), Error> {
    let session =
        Scrubber::new(ScrubConfig::default())?.session(&Key::new("a key of your own, kept secret")?);

    let prompt = session.protect("Refund card 4111 1111 1111 1111, and write to ana@larkhaven.example")?;
    let prompt = prompt.text.get();
    println!(
        "the model sees neither card nor address: {}",
        !prompt.contains("4111") && !prompt.contains("ana@")
    );

    let mut stream = session.restore_stream();
    for piece in model(prompt) {
        print!("{}", stream.push(&piece)?);
    }
    println!("{}", stream.finish()?);

    for left in session.leftovers("Dear [EMAIL_BCDFGHJKLMNPQR],")? {
        println!("left over at bytes {}..{}: {}", left.span.start, left.span.end, left.reason.name());
    }
    Ok(())
}
