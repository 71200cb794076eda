//! One made-up value a kind. Check digits are right, because a detector that checks them would
//! otherwise be right to say no.

use super::Dice;
use super::people::Person;

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HEX: &[u8] = b"0123456789abcdef";

/// A private value or a secret of this kind; `None` if the kind is not known here.
pub(super) fn private(kind: &str, dice: &mut Dice, person: &Person) -> Option<String> {
    // Prefixes are kept apart from their tails, so that no scanner takes this file for a leak.
    let tagged = |dice: &mut Dice, tag: [&str; 2], alphabet, count| {
        format!("{}{}{}", tag[0], tag[1], dice.string(alphabet, count))
    };
    Some(match kind {
        "email" => person.email(dice),
        "phone" => phone(dice, person),
        "credit_card" => credit_card(dice),
        "us_ssn" => {
            let area = dice.between(100, 665);
            format!("{area}-{:02}-{:04}", dice.between(10, 99), dice.between(1000, 9999))
        }
        "iban" => iban(dice, person),
        "ip_address" => ip_address(dice),
        "mac_address" => {
            let tail = dice.string(HEX, 6);
            format!("02:00:5e:{}:{}:{}", &tail[..2], &tail[2..4], &tail[4..])
        }
        "url_credentials" => {
            let scheme = dice.pick(&["postgres", "mysql", "amqps", "redis", "https"]);
            let user = dice.pick(&["svc-report", "gateway", "etl", "editor"]);
            let host = dice.pick(&["db1", "mq", "cache", "wiki"]);
            format!("{scheme}://{user}:{}@{host}.larkhaven.example/{user}", dice.string(BASE62, 14))
        }
        "jwt" => jwt(dice, person),
        "aws_access_key_id" => tagged(dice, ["AK", "IA"], BASE32, 16),
        "github_token" => github_token(dice),
        "gitlab_token" => tagged(dice, ["gl", "pat-"], BASE64_URL, 20),
        "npm_token" => tagged(dice, ["np", "m_"], BASE62, 36),
        "slack_token" => {
            format!("{}{}-{}", "xo", dice.digits("xb-############-#############"), dice.string(BASE62, 24))
        }
        "stripe_key" => tagged(dice, ["sk", "_live_"], BASE62, 24),
        "gcp_api_key" => tagged(dice, ["AI", "za"], BASE64_URL, 35),
        "private_key" => private_key(dice),
        _ => return None,
    })
}

/// A value that looks like a private one and is not.
pub(super) fn look_alike(kind: &str, dice: &mut Dice) -> Option<String> {
    Some(match kind {
        "hex7" => dice.string(HEX, 7),
        "hex16" => dice.string(HEX, 16),
        "hex32" => dice.string(HEX, 32),
        "hex40" => dice.string(HEX, 40),
        "sha256" => dice.string(HEX, 64),
        "base64" => dice.string(BASE64, 43),
        "uuid" => {
            let h = dice.string(HEX, 30);
            format!("{}-{}-4{}-a{}-{}", &h[..8], &h[8..12], &h[12..15], &h[15..18], &h[18..30])
        }
        "version" => format!("{}.{}.{}", dice.between(1, 30), dice.below(20), dice.below(200)),
        "version4" => {
            format!("{}.{}.{}.{}", dice.between(1, 9), dice.below(9), dice.between(300, 4000), dice.below(9))
        }
        "order" => dice.digits("2026####-####"),
        "serial" => dice.digits("######"),
        "millis" => dice.digits("17###########"),
        "card" => wrong_card(dice),
        "number" => dice.digits("########"),
        _ => return None,
    })
}

/// Ordinary words that are no part of the truth.
pub(super) fn filler(kind: &str, dice: &mut Dice, person: &Person) -> Option<String> {
    Some(match kind {
        "name" => person.name(),
        "first" => person.first.to_owned(),
        "city" => dice.pick(person.locale.cities).to_owned(),
        "date" => format!("2026-{:02}-{:02}", dice.between(1, 6), dice.between(1, 28)),
        "time" => format!("{:02}:{:02}:{:02}", dice.below(24), dice.below(60), dice.below(60)),
        "month" => dice.pick(&["January", "March", "May", "September", "November"]).to_owned(),
        "amount" => format!("{}.{:02}", dice.between(3, 4000), dice.below(100)),
        "small" => dice.between(2, 40).to_string(),
        "count" => dice.between(50, 9000).to_string(),
        "port" => dice.between(1024, 65535).to_string(),
        "host" => {
            format!("{}-{}", dice.pick(&["edge", "app", "ledger", "batch", "mail"]), dice.between(1, 9))
        }
        "user" => dice.pick(&["root", "admin", "deploy", "oracle", "backup", "www-data"]).to_owned(),
        "path" => dice
            .pick(&["/var/lib/app/data", "/srv/www/index.html", "/etc/ssl/certs", "/tmp/build"])
            .to_owned(),
        "topic" => dice.pick(TOPICS).to_owned(),
        "team" => dice
            .pick(&["Finance", "Field service", "Platform", "Calibration", "Support", "People"])
            .to_owned(),
        _ => return None,
    })
}

const TOPICS: &[&str] = &[
    "battery replacement",
    "access review",
    "quarterly calibration",
    "travel policy",
    "data retention",
    "gateway migration",
    "invoice reconciliation",
    "snow depth errors",
    "supplier audit",
    "on-call handover",
];

fn phone(dice: &mut Dice, person: &Person) -> String {
    let pattern = dice.pick(person.locale.phones);
    if let Some((before, after)) = pattern.split_once("###") {
        // A North American area code begins with 2 to 9 and is not one of the special codes.
        if before.trim_end_matches(['(', ' ']).trim_start_matches("+1").is_empty() && after.contains("555") {
            let area = dice.pick(&["212", "305", "312", "415", "503", "617", "646", "701", "907"]);
            return dice.digits(&format!("{before}{area}{after}"));
        }
    }
    dice.digits(pattern)
}

/// A number with a prefix that payment providers use for tests, and a right check digit.
fn credit_card(dice: &mut Dice) -> String {
    let prefix = dice.pick(&["411111", "424242", "555555", "222300", "601111", "378282"]);
    let length = if prefix.starts_with("37") { 15 } else { 16 };
    let mut number = format!("{prefix}{}", dice.digits(&"#".repeat(length - 7)));
    let check = (0..10).find(|check| luhn(&format!("{number}{check}"))).unwrap_or(0);
    number.push_str(&check.to_string());
    let separator = dice.pick(&["", " ", "-"]);
    let groups: &[usize] = if length == 15 { &[4, 6, 5] } else { &[4, 4, 4, 4] };
    let mut at = 0;
    let parts: Vec<&str> = groups
        .iter()
        .map(|group| {
            at += group;
            &number[at - group..at]
        })
        .collect();
    parts.join(separator)
}

/// Sixteen digits whose check digit is wrong.
fn wrong_card(dice: &mut Dice) -> String {
    loop {
        let number = dice.digits("7###############");
        if !luhn(&number) {
            return number;
        }
    }
}

/// ISO/IEC 7812-1, annex B.
pub(super) fn luhn(number: &str) -> bool {
    let digits = number.bytes().rev().filter(u8::is_ascii_digit).map(|digit| u32::from(digit - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(i, digit)| match (i % 2, digit) {
            (0, digit) => digit,
            (_, digit) => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

fn iban(dice: &mut Dice, person: &Person) -> String {
    let (country, pattern) = person.locale.iban.unwrap_or(("DE", "##################"));
    let account = dice.digits(pattern);
    let check = 98 - mod_97(&format!("{account}{country}00"));
    let plain = format!("{country}{check:02}{account}");
    if dice.chance(50) {
        return plain;
    }
    let groups: Vec<&str> =
        (0..plain.len()).step_by(4).map(|at| &plain[at..plain.len().min(at + 4)]).collect();
    groups.join(" ")
}

/// ISO 7064 MOD 97-10 over digits and letters.
pub(super) fn mod_97(text: &str) -> u32 {
    text.chars()
        .filter_map(|c| c.to_digit(36))
        .fold(0, |rest, digit| if digit < 10 { (rest * 10 + digit) % 97 } else { (rest * 100 + digit) % 97 })
}

/// An address of the blocks kept for documentation (RFC 5737, RFC 3849).
fn ip_address(dice: &mut Dice) -> String {
    if dice.chance(10) {
        return format!(
            "2001:db8:{:x}:{:x}::{:x}",
            dice.below(0xffff),
            dice.below(0xff),
            dice.between(1, 0xffff)
        );
    }
    format!("{}.{}", dice.pick(&["192.0.2", "198.51.100", "203.0.113"]), dice.between(1, 254))
}

fn jwt(dice: &mut Dice, person: &Person) -> String {
    let header = base64_url(br#"{"alg":"HS256","typ":"JWT"}"#);
    let issued = 1_767_225_600 + dice.below(10_000_000);
    let claims = format!(r#"{{"sub":"{}","iat":{issued},"exp":{}}}"#, person.email(dice), issued + 3600);
    format!("{header}.{}.{}", base64_url(claims.as_bytes()), dice.string(BASE64_URL, 43))
}

/// Thirty random characters and their CRC-32 in base 62, as GitHub writes them since 2021.
fn github_token(dice: &mut Dice) -> String {
    let body = dice.string(BASE62, 30);
    let mut rest = crc32(body.as_bytes());
    let mut tail = [b'0'; 6];
    for digit in tail.iter_mut().rev() {
        *digit = BASE62[rest as usize % 62];
        rest /= 62;
    }
    format!("{}{}{body}{}", "gh", "p_", tail.map(char::from).iter().collect::<String>())
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

fn private_key(dice: &mut Dice) -> String {
    let kind = dice.pick(&["RSA PRIVATE", "EC PRIVATE", "OPENSSH PRIVATE"]);
    let mut pem = format!("-----BEGIN {kind} KEY-----\n");
    for _ in 0..6 {
        pem.push_str(&dice.string(BASE64, 64));
        pem.push('\n');
    }
    pem.push_str(&dice.string(BASE64, 31));
    pem.push_str("=\n");
    pem + &format!("-----END {kind} KEY-----")
}

fn base64_url(bytes: &[u8]) -> String {
    base64(bytes, BASE64_URL).trim_end_matches('=').to_owned()
}

/// RFC 4648, standard alphabet, with padding.
pub(super) fn base64_standard(bytes: &[u8]) -> String {
    base64(bytes, BASE64)
}

fn base64(bytes: &[u8], alphabet: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word =
            group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for i in 0..4 {
            let digit = alphabet[(word >> (18 - 6 * i)) as usize & 63] as char;
            out.push(if i <= group.len() { digit } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_right() {
        let mut dice = Dice::new(1, "test");
        for _ in 0..200 {
            let person = Person::draw(&mut dice);
            assert!(luhn(&credit_card(&mut dice)));
            assert!(!luhn(&wrong_card(&mut dice)));
            let iban = iban(&mut dice, &person).replace(' ', "");
            assert_eq!(mod_97(&format!("{}{}", &iban[4..], &iban[..4])), 1);
            assert!(!phone(&mut dice, &person).contains('#'));
        }
    }

    #[test]
    fn known_encodings() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(base64_standard(b"f"), "Zg==");
        assert_eq!(base64_standard(b"fo"), "Zm8=");
        assert_eq!(base64_standard(b"foobar"), "Zm9vYmFy");
    }

    #[test]
    fn every_address_is_reserved() {
        let mut dice = Dice::new(2, "test");
        for _ in 0..200 {
            let person = Person::draw(&mut dice);
            let email = person.email(&mut dice);
            assert!(
                email.is_ascii() && (email.contains("example.") || email.ends_with(".example")),
                "{email}"
            );
        }
    }
}
