//! How fast this machine scans a file: `cargo run --release -p sting-pii --example speed -- FILE`.

use std::time::Instant;
use sting_pii::{ScrubConfig, Scrubber, kinds};

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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(path) = std::env::args().nth(1) else { return Err("name a file".into()) };
    let text = std::fs::read(path)?;
    for (name, config) in [
        ("30 common kinds", ScrubConfig::default().with_entities(COMMON.iter().copied())),
        ("default profile", ScrubConfig::default()),
        ("every kind", ScrubConfig::default().with_entities(kinds())),
    ] {
        let began = Instant::now();
        let scrubber = Scrubber::new(config)?;
        let built = began.elapsed();
        let best = |run: &dyn Fn() -> usize| {
            let (mut best, mut count) = (f64::MAX, 0);
            for _ in 0..3 {
                let began = Instant::now();
                count = run();
                best = best.min(began.elapsed().as_secs_f64());
            }
            (text.len() as f64 / best / 1e6, count)
        };
        let (find, found) = best(&|| scrubber.find_bytes(&text).len());
        let (scrub, _) = best(&|| scrubber.scrub_bytes(&text).map_or(0, |out| out.get().len()));
        println!(
            "{name}: built in {built:.1?}, find {find:.0} MB/s ({found} findings), scrub {scrub:.0} MB/s"
        );
    }
    Ok(())
}
