//! How fast this machine scans a file: `cargo run --release -p sting-pii --example speed -- FILE [SETTING]`.
//! Time is that of the processor where the system tells it, else that of the clock.

use std::sync::{Arc, LazyLock};
use std::time::Instant;
use sting_pii::{Key, MemoryVault, ScrubConfig, Scrubber, kinds};

/// Kinds that most scanners look for.
const COMMON: &[&str] = &[
    "email",
    "phone",
    "credit_card",
    "iban",
    "ip_address",
    "mac_address",
    "url_credentials",
    "password",
    "jwt",
    "private_key",
    "us_ssn",
    "us_itin",
    "us_routing_number",
    "us_npi",
    "us_dea_number",
    "date_of_birth",
    "medical_record_number",
    "bitcoin_address",
    "ethereum_address",
    "aws_access_key_id",
    "gcp_api_key",
    "github_token",
    "gitlab_token",
    "slack_token",
    "stripe_key",
    "openai_key",
    "generic_secret",
    "authorization_header",
    "uk_nino",
    "uk_nhs",
];

/// Seconds that this thread has computed.
fn seconds() -> f64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let computed = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let computed = computed.and_then(|line| line.split(' ').next()?.parse::<f64>().ok());
    computed.map_or_else(|| BEGAN.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(path) = std::env::args().nth(1) else { return Err("name a file".into()) };
    let text = std::fs::read(path)?;
    let only = std::env::args().nth(2);
    for (name, config) in [
        ("30 common kinds", ScrubConfig::default().with_entities(COMMON.iter().copied())),
        ("default profile", ScrubConfig::default()),
        ("every kind", ScrubConfig::default().with_entities(kinds())),
    ] {
        if only.as_ref().is_some_and(|only| !name.contains(only)) {
            continue;
        }
        let began = seconds();
        let scrubber = Scrubber::new(config)?;
        let built = 1e3 * (seconds() - began);
        let best = |run: &dyn Fn() -> usize| {
            let (mut best, mut count) = (f64::MAX, 0);
            for _ in 0..9 {
                let began = seconds();
                count = run();
                best = best.min(seconds() - began);
            }
            (text.len() as f64 / best / 1e6, count)
        };
        let (find, found) = best(&|| scrubber.find_bytes(&text).map_or(0, |found| found.len()));
        let (lines, _) = best(&|| {
            text.split(|b| *b == b'\n')
                .map(|line| scrubber.find_bytes(line).map_or(0, |found| found.len()))
                .sum()
        });
        let (scrub, _) = best(&|| scrubber.scrub_bytes(&text).map_or(0, |out| out.get().len()));
        println!(
            "{name}: built in {built:.1} ms, find {find:.0} MB/s ({found} findings), \
             line by line {lines:.0} MB/s, scrub {scrub:.0} MB/s"
        );
        let vault = Arc::new(MemoryVault::default().with_capacity(usize::MAX));
        let session = scrubber.session_in(&Key::new("the key of the example")?, vault);
        let text = String::from_utf8_lossy(&text);
        let sent = session.protect(&text)?.text.into_inner();
        let (protect, _) = best(&|| session.protect(&text).map_or(0, |out| out.text.get().len()));
        let (restore, len) = best(&|| session.restore(&sent).map_or(0, |out| out.len()));
        println!("  session: protect {protect:.0} MB/s, restore {restore:.0} MB/s ({len} bytes)");
    }
    Ok(())
}
