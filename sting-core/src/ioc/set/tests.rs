use super::*;
use proptest::prelude::*;

fn attributes(source: &str, last_seen: u32) -> Attributes {
    Attributes { source: source.into(), last_seen: Some(last_seen), ..Attributes::default() }
}

#[test]
fn values_are_known_in_any_spelling() {
    let mut known = Iocs::default();
    for (kind, value, spelling, other) in [
        (IocKind::Ipv4, "203.0.113[.]7", "203.0.113.7", "203.0.113.8"),
        (IocKind::Ipv6, "2001:DB8::1", "2001:db8:0:0::1", "2001:db8::2"),
        (IocKind::Cidr, "198.51.100.77/24", "198.51.100.0/24", "198.51.100.0/25"),
        (IocKind::Domain, "*.Evil-Host[.]NET", "evil-host.net", "notevil-host.net"),
        (IocKind::Url, "hxxp://Evil-Host.net/A", "http://evil-host.net/A", "http://evil-host.net/a"),
        (IocKind::Email, "boss@Evil-Host.net", "boss@evil-host.net", "b@evil-host.net"),
        (
            IocKind::Md5,
            "D41D8CD98F00B204E9800998ECF8427E",
            "d41d8cd98f00b204e9800998ecf8427e",
            &"ab12".repeat(8),
        ),
        (IocKind::Cve, "cve-2024-3094", "CVE-2024-3094", "CVE-2024-3095"),
        (IocKind::Technique, "T1059.001", "T1059.001", "T1059"),
        (IocKind::FileName, r"C:\Temp\Run.EXE", "run.exe", "ran.exe"),
    ] {
        assert!(known.add(kind, value, &Attributes::default()).unwrap(), "{value}");
        assert!(known.get(kind, spelling).is_some(), "{spelling}");
        assert!(known.get(kind, other).is_none(), "{other}");
        known.seal();
        assert!(known.get(kind, spelling).is_some() && known.get(kind, other).is_none(), "{spelling}");
    }
    for (kind, value) in [
        (IocKind::Ipv4, "evil.example"),
        (IocKind::Ipv4, "1.2.3.4 and more"),
        (IocKind::Cidr, "1.2.3.4/33"),
        (IocKind::Domain, "no domain"),
        (IocKind::Md5, "d41d"),
        (IocKind::Url, "nowhere"),
        (IocKind::FileName, "a/"),
        (IocKind::Domain, ""),
    ] {
        let error = known.add(kind, value, &Attributes::default()).unwrap_err().to_string();
        assert!(error.contains(kind.as_str()) && (value.len() < 3 || !error.contains(value)), "{error}");
    }
}

#[test]
fn the_first_sighting_stays_and_the_last_moves_on() {
    let mut known = Iocs::default();
    for (source, seen, new) in [("a", 2000, true), ("b", 3000, false), ("c", 1000, false)] {
        assert_eq!(known.add(IocKind::Ipv4, "203.0.113.7", &attributes(source, seen)).unwrap(), new);
    }
    let now = known.get(IocKind::Ipv4, "203.0.113.7").unwrap();
    assert_eq!((&*now.source, now.first_seen, now.last_seen), ("c", Some(1000), Some(3000)));
    assert_eq!(known.len(), 1);
}

#[test]
fn what_is_stale_is_left_out_and_can_be_forgotten() {
    let mut known = Iocs::default();
    let short = Attributes { ttl: Some(60), ..attributes("feed", 1000) };
    known.add(IocKind::Ipv4, "203.0.113.7", &short).unwrap();
    known.add(IocKind::Ipv4, "203.0.113.8", &attributes("feed", 1000)).unwrap();
    let text = "203.0.113.7 203.0.113.8";
    assert_eq!(known.matches_in(text, Some(1060)).len(), 2);
    assert_eq!(known.matches_in(text, Some(1061)).len(), 1);
    assert_eq!(known.matches_in(text, None).len(), 2);
    assert_eq!((known.expire(1060), known.expire(1061), known.len()), (0, 1, 1));
}

#[test]
fn an_event_matches_by_network_domain_and_hash() {
    let mut known = Iocs::default();
    known.add(IocKind::Cidr, "10.1.0.0/16", &attributes("net", 1)).unwrap();
    known.add(IocKind::Cidr, "2001:db8::/32", &attributes("net6", 1)).unwrap();
    known.add(IocKind::Domain, "evil.co.uk", &attributes("dns", 1)).unwrap();
    known.add(IocKind::Sha1, "da39a3ee5e6b4b0d3255bfef95601890afd80709", &attributes("av", 1)).unwrap();
    let event = Event::from_json(
        br#"{"net": {"src": "10.1.2.3", "dst": "10.2.2.3", "six": "2001:db8:7::1"}, "q": "a.b.evil.co.uk",
            "Hashes": "SHA1=DA39A3EE5E6B4B0D3255BFEF95601890AFD80709,MD5=0", "n": 5}"#,
    )
    .unwrap();
    let found: Vec<_> =
        known.matches(&event, None).into_iter().map(|m| (m.field, m.value, m.attributes.source)).collect();
    let expected = [
        ("net.src", "10.1.0.0/16", "net"),
        ("net.six", "2001:db8::/32", "net6"),
        ("q", "evil.co.uk", "dns"),
        ("Hashes", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "av"),
    ];
    assert_eq!(
        found,
        expected.map(|(field, value, source)| (field.to_owned(), value.to_owned(), source.into()))
    );
}

#[test]
fn a_hundred_thousand_are_small_and_all_there() {
    let mut known = Iocs::default();
    let address = |n: u32| std::net::Ipv4Addr::from_bits(0x0b00_0000 + n * 77).to_string();
    for n in 0..100_000 {
        known.add(IocKind::Ipv4, &address(n), &Attributes::default()).unwrap();
    }
    known.seal();
    assert!((0..100_000).all(|n| known.get(IocKind::Ipv4, &address(n)).is_some()));
    assert!((100_000..200_000).all(|n| known.get(IocKind::Ipv4, &address(n)).is_none()));
    assert!(known.memory() < 100_000 * 24 + (300 << 10), "{}", known.memory());
}

proptest! {
    /// What was extracted from a text can be added, and is then found in it.
    #[test]
    fn what_is_found_can_be_known(text in "([a-z]{1,5}|[0-9]{1,3}|\\.|\\[\\.\\]|:|/|@|hxxp://|CVE-2024-[0-9]{4}| |\\.exe){0,30}") {
        let found = Extractor::default().with_benign_kept(true).extract(&text);
        let mut known = Iocs::default();
        for ioc in &found {
            prop_assert!(known.add(ioc.kind, &ioc.value, &Attributes::default()).is_ok(), "{:?}", ioc);
        }
        prop_assert_eq!(known.matches_in(&text, None).len(), found.len());
    }
}
