use super::*;
use proptest::prelude::*;

fn found(text: &str) -> Vec<(&'static str, String, &str)> {
    extract(text).into_iter().map(|ioc| (ioc.kind.as_str(), ioc.value, ioc.span.get(text).unwrap())).collect()
}

/// Kind, value, and how it is written; only what differs from the value is given as written.
fn check(text: &str, expected: &[(&str, &str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|&(kind, value, written)| (kind, value.to_owned(), written)).collect();
    let found: Vec<_> = found(text).into_iter().collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn addresses_and_networks() {
    check(
        "from 203.0.113.7:443, 198.51.100.0/24.",
        &[("ipv4", "203.0.113.7", "203.0.113.7"), ("cidr", "198.51.100.0/24", "198.51.100.0/24")],
    );
    check("src=203[.]0[.]113[.]7", &[("ipv4", "203.0.113.7", "203[.]0[.]113[.]7")]);
    check(
        "[2001:DB8::00:1]:80 2001:db8::/32",
        &[("ipv6", "2001:db8::1", "2001:DB8::00:1"), ("cidr", "2001:db8::/32", "2001:db8::/32")],
    );
    check(
        "10.0.0.1 127.0.0.1 8.8.8.8 3.0.0.0 1.2.3 v1.2.3.4 1.2.3.4.5 999.1.1.1 fe80::12:34 std::fmt 12:30:45",
        &[],
    );
    assert_eq!(Extractor::default().with_benign_kept(true).extract("10.0.0.1").len(), 1);
}

#[test]
fn domains_urls_and_mails() {
    check(
        "visit HXXPS://Evil-Site[.]COM:8443/Path/run.ps1?q=1#x), now",
        &[
            (
                "url",
                "https://evil-site.com:8443/Path/run.ps1?q=1#x",
                "HXXPS://Evil-Site[.]COM:8443/Path/run.ps1?q=1#x",
            ),
            ("domain", "evil-site.com", "Evil-Site[.]COM"),
            ("filename", "run.ps1", "run.ps1"),
        ],
    );
    check(
        "http://u:p@203.0.113.5/a_(b).",
        &[
            ("url", "http://u:p@203.0.113.5/a_(b)", "http://u:p@203.0.113.5/a_(b)"),
            ("ipv4", "203.0.113.5", "203.0.113.5"),
        ],
    );
    check(
        "http://[2001:db8::5]:8080/x",
        &[
            ("url", "http://[2001:db8::5]:8080/x", "http://[2001:db8::5]:8080/x"),
            ("ipv6", "2001:db8::5", "2001:db8::5"),
        ],
    );
    check("mail boss(at)evil[dot]co[dot]uk", &[("email", "boss@evil.co.uk", "boss(at)evil[dot]co[dot]uk")]);
    check(
        "c2.evil.xyz. docs.github.com main.rs user.name done.It System.Net http://localhost/ https://",
        &[("domain", "c2.evil.xyz", "c2.evil.xyz")],
    );
    check("main[.]rs", &[("domain", "main.rs", "main[.]rs")]);
    check(
        "url=hxxps://evil-host.net/a",
        &[
            ("url", "https://evil-host.net/a", "hxxps://evil-host.net/a"),
            ("domain", "evil-host.net", "evil-host.net"),
        ],
    );
    let own = Extractor::default().with_benign_domains(["Evil.xyz"]);
    assert_eq!(own.extract("c2.evil.xyz notevil.xyz").len(), 1);
}

#[test]
fn hashes_ids_files_and_wallets() {
    let md5 = "D41D8CD98F00B204E9800998ECF8427E";
    let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    check(md5, &[("md5", &md5.to_lowercase(), md5)]);
    check(&format!("sha256:{sha256}"), &[("sha256", sha256, sha256)]);
    check(&"0".repeat(64), &[]);
    check(&format!("{sha256}a"), &[]);
    check("cve-2024-3094, CVE-24-1, CVE-2024-123", &[("cve", "CVE-2024-3094", "cve-2024-3094")]);
    check(
        "T1059.001/T1003 TA0002 T9999 XT1059 t1059",
        &[
            ("mitre_technique", "T1059.001", "T1059.001"),
            ("mitre_technique", "T1003", "T1003"),
            ("mitre_technique", "TA0002", "TA0002"),
        ],
    );
    check(r"C:\Users\a\evil-1.DLL .js report.pdf", &[("filename", "evil-1.DLL", "evil-1.DLL")]);
    // The examples of BIP 173 and EIP-55, and the first address of all.
    let (bech32, base58) =
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa");
    let ethereum = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    check(
        &format!(
            "{bech32} {base58} {ethereum} {}x {}b {}",
            &bech32[..41],
            &base58[..33],
            ethereum.replace("5aA", "5aa")
        ),
        &[("wallet", bech32, bech32), ("wallet", base58, base58), ("wallet", ethereum, ethereum)],
    );
    let sha512 = "ab12cd34".repeat(16);
    check(&sha512, &[("sha512", &sha512, &sha512)]);
}

#[test]
fn nothing_is_capped() {
    let line = "CVE-2024-3094 hxxp://cdn.evil-host.net/x.exe\n";
    let text = line.repeat(2000);
    assert_eq!(extract(&text).len(), 8000);
}

#[test]
fn a_long_hostile_text_takes_linear_time() {
    for unit in ["http://", "http://a.xyz/", "a.", "1.1.", ":", "[.]", "a@", "CVE-2024-", "))", "T1059."] {
        extract(&unit.repeat(40_000));
    }
}

proptest! {
    /// Spans are in bounds and say what the value says; white space around changes nothing; what was found is found alone, too.
    #[test]
    fn places_are_true(text in "([a-z]{1,5}|[0-9]{1,3}|\\.|\\[\\.\\]|:|/|@|hxxp://|CVE-20|-| |é|\\(|\\)|\\[|\\]){0,30}") {
        for ioc in extract(&text) {
            let written = ioc.span.get(&text).expect("on character boundaries");
            prop_assert!(written.len() >= 3);
            let padded = format!(" {text} ");
            prop_assert!(extract(&padded).iter().any(|other| other.value == ioc.value && other.span.start == ioc.span.start + 1));
        }
    }
}
