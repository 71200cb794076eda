use super::super::{Event, Limits};
use super::Format;
use proptest::prelude::*;

/// Values by their names, in order, without the line itself.
fn fields(event: &Event) -> Vec<(&str, &str)> {
    event
        .fields()
        .filter(|(name, _)| *name != "event.original")
        .map(|(name, value)| (name, value.as_str()))
        .collect()
}

#[track_caller]
fn read(line: &str, format: Format) -> Event {
    assert_eq!(Format::guess(line.as_bytes()), format, "{line}");
    Event::read(line.as_bytes(), format).unwrap()
}

fn get<'a>(event: &'a Event, field: &str) -> &'a str {
    event.get(field).map_or("-", |value| value.as_str())
}

#[test]
fn syslog_of_version_1() {
    let event = read(
        r#"<165>1 2003-10-11T22:14:15.003Z host evntslog 7 ID47 [ex@32473 iut="3" source="a \"b\" \]c\\d"][x y="z"] An event"#,
        Format::Syslog,
    );
    assert_eq!(
        fields(&event),
        [
            ("priority", "165"),
            ("facility", "local4"),
            ("severity", "notice"),
            ("timestamp", "2003-10-11T22:14:15.003Z"),
            ("hostname", "host"),
            ("appname", "evntslog"),
            ("procid", "7"),
            ("msgid", "ID47"),
            ("ex@32473.iut", "3"),
            ("ex@32473.source", r#"a "b" ]c\d"#),
            ("x.y", "z"),
            ("message", "An event"),
        ]
    );
    assert_eq!(get(&event, "iut"), "3");
    assert!(event.timestamp().is_some());
    let bare = read("<0>1 - - - - - -", Format::Syslog);
    assert_eq!(fields(&bare)[1..], [("facility", "kern"), ("severity", "emerg"), ("message", "")]);
}

#[test]
fn syslog_in_use() {
    let event = read("<34>Oct  1 22:14:15 mymachine su[12]: 'su root' failed", Format::Syslog);
    assert_eq!(
        fields(&event)[3..],
        [
            ("timestamp", "Oct  1 22:14:15"),
            ("hostname", "mymachine"),
            ("appname", "su"),
            ("procid", "12"),
            ("message", "'su root' failed"),
        ]
    );
    // Without a priority, as in files; with a year; with a modern date; without a tag.
    let file = read("Jan 29 03:04:05 2024 web kernel: [1.5] oops", Format::Syslog);
    assert_eq!((get(&file, "timestamp"), get(&file, "appname")), ("Jan 29 03:04:05 2024", "kernel"));
    assert_eq!(get(&file, "message"), "[1.5] oops");
    let modern = read("2024-05-01T08:00:00+02:00 web sshd: hello", Format::Syslog);
    assert_eq!((get(&modern, "hostname"), get(&modern, "message")), ("web", "hello"));
    assert_eq!(get(&read("<13>Oct 11 22:14:15 web no tag here", Format::Syslog), "message"), "no tag here");
    assert_eq!(get(&read("<13>only a message", Format::Syslog), "message"), "only a message");
}

#[test]
fn cef() {
    let event = read(
        r"Sep 19 08:26:10 host CEF:0|Security|threat\|manager|1.0|100|worm \\ stopped|10|src=10.0.0.1 msg=Detected a\=b\nthreat x cs1Label=Rule Name cs1=r 1 act=",
        Format::Cef,
    );
    for (field, value) in [
        ("hostname", "host"),
        ("deviceProduct", "threat|manager"),
        ("name", r"worm \ stopped"),
        ("severity", "10"),
        ("src", "10.0.0.1"),
        ("sourceAddress", "10.0.0.1"),
        ("SourceIp", "-"),
        ("message", "Detected a=b\nthreat x"),
        ("RuleName", "r 1"),
        ("cs1", "r 1"),
        ("act", ""),
    ] {
        assert_eq!(get(&event, field), value, "{field}");
    }
    let place = event.span("msg").unwrap();
    assert_eq!(&event.raw()[place.start..place.end], r"Detected a\=b\nthreat x");
}

#[test]
fn leef() {
    let one =
        read("LEEF:1.0|Microsoft|MSExchange|2016|15345|src=10.1.1.1\tdst=10.2.2.2\tmsg=a=b c", Format::Leef);
    assert_eq!((get(&one, "EventID"), get(&one, "src"), get(&one, "msg")), ("15345", "10.1.1.1", "a=b c"));
    for line in [
        "LEEF:2.0|V|P|1|E|^|src=1^cat=x",
        "LEEF:2.0|V|P|1|E|x5E|src=1^cat=x",
        "LEEF:2.0|V|P|1|E|0x5e|src=1^cat=x",
        "LEEF:2.0|V|P|1|E||src=1\tcat=x",
        "LEEF:2.0|V|P|1|E|src=1\tcat=x",
        "<13>Oct 11 22:14:15 web LEEF:2.0|V|P|1|E||src=1\tcat=x",
    ] {
        let event = read(line, Format::Leef);
        assert_eq!(
            (get(&event, "src"), get(&event, "cat"), get(&event, "leefVersion")),
            ("1", "x", "2.0"),
            "{line}"
        );
    }
}

#[test]
fn logfmt() {
    let event = read(r#"ts=2024-05-01T08:00:00Z level=info msg="a \"b\" c\\d" debug n=7 e="#, Format::Logfmt);
    assert_eq!(
        fields(&event)[1..],
        [("level", "info"), ("msg", r#"a "b" c\d"#), ("debug", "true"), ("n", "7"), ("e", "")]
    );
    assert_eq!(event.get("n").unwrap().as_f64(), Some(7.0));
}

#[test]
fn what_is_none_says_where() {
    for (line, format, fault) in [
        ("<999>1 x", Format::Syslog, "the priority is no number up to 191"),
        ("<13>1 - - -", Format::Syslog, "a word of the header is missing at byte 11"),
        (r#"<13>1 - - - - - [a b="c] x"#, Format::Syslog, "without its closing quote"),
        ("hello", Format::Syslog, "neither a priority nor a date"),
        ("CEF:0|a|b", Format::Cef, "fewer than seven"),
        ("LEEF:1.0|a|b", Format::Leef, "too few fields"),
        (r#"a=b "c""#, Format::Logfmt, "a value without a key at byte 4"),
        (r#"a="b"#, Format::Logfmt, "a quote that does not close"),
        ("plain words", Format::Logfmt, "no `key=value`"),
    ] {
        let message = Event::read(line.as_bytes(), format).unwrap_err().to_string();
        assert!(message.contains(fault), "{line}: {message}");
        assert!(format == Format::Json || !message.contains("hello"), "no text of the event");
        let detected = Event::detect(line.as_bytes()).unwrap();
        assert!(!detected.is_empty(), "{line}");
    }
    assert!(Event::detect(b"{\"a\": ").is_err() && Event::detect(b"\xff").is_err());
    let few = Limits { max_values: 2, ..Limits::default() };
    assert!(Event::read_with(b"a=1 b=2 c=3", Format::Logfmt, few).is_err());
    let long = format!("a={}", "x".repeat(10 << 20));
    assert_eq!(
        Event::read(long.as_bytes(), Format::Logfmt).unwrap().get("a").unwrap().as_str().len(),
        10 << 20
    );
    assert_eq!(Format::of("CEF"), Some(Format::Cef));
    assert_eq!(get(&Event::detect(b"plain words").unwrap(), "message"), "plain words");
}

#[test]
fn data_elements_of_windows_events() {
    for data in [
        r##"[{"@Name": "Image", "#text": "C:\\a.exe"}, {"@Name": "User Name", "#text": "x"}, {"@Name": "None"}]"##,
        r#"[{"Name": "Image", "Value": "C:\\a.exe"}, {"Name": "User Name", "Value": "x"}, {"Name": "None"}]"#,
        r#"[{"$": {"Name": "Image"}, "_": "C:\\a.exe"}, {"$": {"Name": "User Name"}, "_": "x"}, {"$": {"Name": "None"}}]"#,
        r##"[{"#attributes": {"Name": "Image"}, "#text": "C:\\a.exe"}, {"#attributes": {"Name": "User Name"}, "#text": "x"}, {"#attributes": {"Name": "None"}}]"##,
    ] {
        let event =
            Event::from_json(format!(r#"{{"Event": {{"EventData": {{"Data": {data}}}}}}}"#).as_bytes())
                .unwrap();
        assert_eq!(
            (get(&event, "Image"), get(&event, "UserName"), get(&event, "None")),
            (r"C:\a.exe", "x", ""),
            "{data}"
        );
    }
    // Unnamed elements keep their name.
    let event = Event::from_json(br#"{"Event": {"EventData": {"Data": ["a", "b"]}}}"#).unwrap();
    assert_eq!(event.all("Data").count(), 2);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in r#"(<13>1? ?|CEF:0\||LEEF:2.0\||Oct 11 22:14:15 |k=)?[a-zé\[\]"\\=| :^0-9\t.-]{0,60}"#) {
        for (_, format) in Format::ALL {
            let Ok(event) = Event::read(text.as_bytes(), format) else { continue };
            for (name, value) in event.fields() {
                prop_assert!(event.all(name).any(|other| other.as_str() == value.as_str()));
                if let Some(span) = event.span(name) {
                    prop_assert!(event.raw().get(span.start..span.end).is_some());
                }
            }
        }
        let read = text.trim_start().starts_with('{') || Event::detect(text.as_bytes()).is_ok();
        prop_assert!(read, "every text is an event, if only as text");
    }
}
