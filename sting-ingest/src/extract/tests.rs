use super::*;
use sting_core::Span;

fn read(bytes: &[u8], name: &str) -> Document {
    extract(bytes, name, &Limits::default()).unwrap()
}

fn text(bytes: &[u8], name: &str) -> String {
    read(bytes, name).parts.iter().map(|part| part.text.as_str()).collect()
}

/// Every character that was copied leads back to itself.
fn leads_home(bytes: &[u8], name: &str) {
    let document = read(bytes, name);
    for part in &document.parts {
        let source = part_source(bytes, name, &part.name, &Limits::default()).unwrap().unwrap();
        assert_eq!(part.source.output_len(), part.text.len(), "{}", part.name);
        let mut last = 0;
        for (i, char) in part.text.char_indices() {
            let span = part.source.source_of(Span::new(i, i + char.len_utf8()));
            assert!(span.start >= last && span.end <= source.len(), "{} {i}", part.name);
            last = span.start;
        }
    }
}

#[test]
fn html_becomes_markdown() {
    for (html, markdown) in [
        ("<p>one\n  two<p>three<br>four", "one two\n\nthree\nfour\n"),
        ("<h2>A <i>b</i></h2>text", "## A b\n\ntext\n"),
        ("<ul><li>a<li>b<ol><li>c</ol></ul>d", "- a\n- b\n  1. c\n\nd\n"),
        ("<table><tr><th>k<th>v</tr><tr><td>1<td>a<br>b</table>", "| k | v |\n|---|---|\n| 1 | a b |\n"),
        ("<table><tr><td><table><tr><td>x</table><td>y</table>", "| x |\n|---|\n\ny\n"),
        ("<pre>a\n  b</pre>c", "```\na\n  b\n```\n\nc\n"),
        ("a<script>x()</script><style>p{}</style><template><p>t</p></template>b", "ab\n"),
        ("<p>x &lt;b&gt; &amp; y&nbsp;z<img alt='a picture'>w", "x <b> & y z a picture w\n"),
        ("<p># not a heading", "\\# not a heading\n"),
        ("<table><tr><td>a <ul><li>b<pre>c</pre></ul><td>d</table>", "| a - b c | d |\n|---|---|\n"),
        ("", ""),
    ] {
        assert_eq!(text(html.as_bytes(), "x.html"), markdown, "{html}");
        leads_home(html.as_bytes(), "x.html");
    }
}

#[test]
fn html_says_what_it_leaves_out() {
    let document = read(b"<title>T &amp; x</title><!-- c --><a href=/>l</a><script>1</script>", "x.html");
    assert_eq!(document.metadata["title"], "T & x");
    let gaps: Vec<_> = document.coverage.gaps.iter().map(|gap| gap.part.as_str()).collect();
    assert_eq!(gaps, ["body: script and style", "body: comments", "body: link targets"]);
}

#[test]
fn json_shows_characters() {
    let json =
        br#"{"mail": "jo\u0065\u0040example.org", "q": "a\"b\\\u0022\u000a\/", "e": "\ud83d\ude00\ud83d"}"#;
    let document = read(json, "x.json");
    assert_eq!(
        document.parts[0].text,
        r#"{"mail": "joe@example.org", "q": "a\"b\\\u0022\u000a/", "e": "😀\ud83d"}"#
    );
    leads_home(json, "x.json");
    assert_eq!(document.parts[0].kind, PartKind::Json);
    assert_eq!(read(b"{not json", "x.json").parts[0].kind, PartKind::Text);
}

const MESSAGE: &[u8] = b"From: =?utf-8?q?J=C3=B6rg?= <joerg@example.org>\r\nTo: b@example.org\r\nSubject: A\r\n folded line\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"o\"\r\n\r\npreamble\r\n--o\r\n\
Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9 au lait=\r\n!\r\n--i\r\nContent-Type: text/html\r\n\r\n<p>caf&eacute;</p>\r\n--i--\r\n\
--o\r\nContent-Type: text/csv; name=rows.csv\r\nContent-Disposition: attachment; filename=\"rows.csv\"\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxiCjEsMgo=\r\n\
--o\r\nContent-Type: message/rfc822\r\n\r\nFrom: inner@example.org\r\nSubject: inner\r\n\r\ninner body\r\n\
--o\r\nContent-Type: image/png; name=p.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--o--\r\n";

#[test]
fn messages_are_taken_apart() {
    let document = read(MESSAGE, "m.eml");
    let parts: Vec<_> = document.parts.iter().map(|part| (part.name.as_str(), part.text.as_str())).collect();
    assert_eq!(parts[0].0, "headers");
    assert!(
        parts[0].1.starts_with("From: Jörg <joerg@example.org>\nTo: b@example.org\nSubject: A folded line\n")
    );
    assert_eq!(
        parts[1..],
        [
            ("body", "café au lait!"),
            ("body (html)", "café\n"),
            ("attachment: rows.csv / body", "a,b\n1,2\n"),
            ("part: message/rfc822 / headers", "From: inner@example.org\nSubject: inner\n"),
            ("part: message/rfc822 / body", "inner body"),
        ]
    );
    assert_eq!(document.parts[3].kind, PartKind::Table);
    assert_eq!(document.metadata["subject"], "A folded line");
    assert_eq!(document.coverage.gaps.len(), 1);
    assert_eq!(document.coverage.gaps[0].part, "attachment: p.png");
    leads_home(MESSAGE, "m.eml");
}

#[test]
fn limits_hold() {
    let small = Limits { max_bytes: 10, ..Limits::default() };
    assert!(matches!(extract(&[b'x'; 11], "x.txt", &small), Err(Error::Limit { allowed: 10, .. })));
    let tight = Limits { max_decoded_bytes: 8, ..Limits::default() };
    assert!(matches!(extract(&[b'x'; 9], "x.txt", &tight), Err(Error::Limit { allowed: 8, .. })));
    let few = Limits { max_parts: 2, ..Limits::default() };
    let document = extract(MESSAGE, "m.eml", &few).unwrap();
    assert_eq!(document.parts.len(), 2);
    assert!(document.coverage.gaps.iter().any(|gap| gap.reason.contains("more than 2 parts")));
    let mut deep = b"x".to_vec();
    for _ in 0..50 {
        deep = [b"Subject: s\nContent-Type: message/rfc822\n\n".as_slice(), &deep].concat();
    }
    let document = read(&deep, "m.eml");
    assert!(document.coverage.gaps.iter().any(|gap| gap.reason.contains("deeper than 8")));
    // Far deeper than any stack: refused by depth, not by a crash.
    let abyss = b"Content-Type: message/rfc822\n\n".repeat(100_000);
    assert!(!read(&abyss, "m.eml").coverage.is_complete());
}

#[test]
fn binary_is_refused_with_its_kind() {
    for (bytes, kind) in
        [(b"%PDF-1.7".as_slice(), "application/pdf"), (b"\0\x01\x02\x03", "application/octet-stream")]
    {
        let error = extract(bytes, "secret-name.txt", &Limits::default()).unwrap_err();
        assert!(matches!(&error, Error::Unsupported { media_type } if media_type == kind));
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn the_empty_file_has_no_gap() {
    let document = read(b"", "empty");
    assert_eq!(document.media_type, "text/plain");
    assert!(document.coverage.is_complete());
}

#[test]
fn equal_names_are_told_apart() {
    let message = b"From: a@b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n";
    let names: Vec<_> = read(message, "m.eml").parts.into_iter().map(|part| part.name).collect();
    assert_eq!(names, ["headers", "body", "body (2)"]);
}
