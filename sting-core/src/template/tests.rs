use super::*;
use proptest::prelude::*;

fn miner() -> TemplateMiner {
    TemplateMiner::new(TemplateConfig::default()).unwrap()
}

fn mined(line: &str) -> (String, Vec<&str>) {
    let mut miner = miner();
    let mined = miner.push(line);
    let params = mined.params.iter().map(|span| span.get(line).unwrap()).collect();
    (miner.get(mined.id).unwrap().text.clone(), params)
}

#[test]
fn one_line_shows_what_looks_like_a_parameter() {
    for (line, text, params) in [
        ("", "", &[][..]),
        ("   \t ", "", &[]),
        ("session closed", "session closed", &[]),
        ("took 15 ms in total", "took <*> in total", &["15 ms"]),
        ("session closed for user ana", "session closed for user <*>", &["ana"]),
        ("uid=0 tty=ssh rhost=a.example", "uid=<*> tty=ssh rhost=<*>", &["0", "a.example"]),
        ("read /etc/passwd and bin/sh", "read <*> and bin/sh", &["/etc/passwd"]),
        ("up since Sun Jul 10 03:55:15 2005 on all", "up since <*> on all", &["Sun Jul 10 03:55:15 2005"]),
        ("may I 7", "may I <*>", &["7"]),
        (
            "resolved www.example.com at java.lang.String",
            "resolved <*> at java.lang.String",
            &["www.example.com"],
        ),
        ("größe 5 ✓", "größe <*> ✓", &["5"]),
    ] {
        assert_eq!(mined(line), (text.to_owned(), params.to_vec()), "{line}");
    }
}

#[test]
fn a_quantity_in_parentheses_does_not_make_another_template() {
    let mut miner = miner();
    let with = miner.push("close, 4810 bytes (4.69 KB) sent");
    let without = miner.push("close, 398 bytes sent");
    assert_eq!(with.id, without.id);
    assert_eq!(with.asides, [Span::new(18, 27)]);
    assert_eq!(miner.push("call of main(argc) ended").asides, []);
}

#[test]
fn a_word_in_which_many_lines_differ_is_a_parameter() {
    let mut miner = miner();
    let names = ["alpha", "beta", "gamma", "delta"];
    let ids: Vec<_> = names.iter().map(|name| miner.push(&format!("service {name} started")).id).collect();
    assert_eq!(ids, [0, 1, 2, 3]);
    let fifth = miner.push("service epsilon started");
    assert_eq!(fifth.change, Change::Merged { from: vec![0, 1, 2, 3, 4] });
    assert_eq!(fifth.params, [Span::new(8, 15)]);
    let template = miner.get(fifth.id).unwrap();
    assert_eq!((template.text.as_str(), template.count), ("service <*> started", 5));
    for name in ["zeta", "alpha"] {
        assert_eq!(miner.push(&format!("service {name} started")).id, fifth.id);
    }
    assert_eq!(miner.templates().len(), 1);
}

#[test]
fn two_words_can_become_parameters() {
    let mut miner = miner();
    let words = ["one", "two", "three", "four", "five", "six"];
    for from in words {
        for to in words {
            miner.push(&format!("moved from {from} to {to}"));
        }
    }
    let texts: Vec<_> =
        miner.templates().iter().map(|template| (template.text.clone(), template.count)).collect();
    assert_eq!(texts, [("moved from <*> to <*>".to_owned(), 36)]);
    let line = "moved from here to there";
    let mined = miner.push(line);
    assert_eq!((mined.change, mined.params.len()), (Change::None, 2));
}

#[test]
fn a_merged_word_with_few_values_is_split_again() {
    let mut miner =
        TemplateMiner::new(TemplateConfig { split_after: 100, ..TemplateConfig::default() }).unwrap();
    let states = ["idle", "busy", "down", "lost", "full"];
    let mut splits = Vec::new();
    for round in 0..110 {
        let mined = miner.push(&format!("node is {} now", states[round % 5]));
        if let Change::Split { from, into } = mined.change {
            assert_eq!(miner.get(mined.id).unwrap().text, format!("node is {} now", states[round % 5]));
            splits.push((from, into.len()));
        }
    }
    assert_eq!(splits, [(5, 5)]);
    assert_eq!(miner.templates().len(), 5);
    assert_eq!(miner.templates().iter().map(|template| template.count).sum::<u64>(), 110);
    assert_eq!(miner.push("node is odd now").change, Change::New, "six of seventeen");
}

#[test]
fn old_templates_are_forgotten() {
    let mut miner =
        TemplateMiner::new(TemplateConfig { max_templates: 32, ..TemplateConfig::default() }).unwrap();
    // Letters only, and no two lines alike but for one word.
    let word = |mut n: usize| {
        let mut word = String::from("x");
        while n > 0 {
            word.push(char::from(b'a' + (n % 26) as u8));
            n /= 26;
        }
        word
    };
    for n in 0..1000 {
        miner.push(&format!("{} {} {}", word(n), word(n * 7 + 1), word(n * 11 + 2)));
        miner.push("the one that stays");
    }
    assert!(miner.templates().len() <= 32);
    assert!(miner.forgotten() >= 900);
    assert_eq!(miner.templates()[0].count, 1000);
    assert!(
        miner.keys.len() <= 64 && miner.alike.len() <= 32 * 128,
        "{} {}",
        miner.keys.len(),
        miner.alike.len()
    );
}

#[test]
fn limits_that_cannot_work_are_refused() {
    for config in [
        TemplateConfig { max_templates: 0, ..TemplateConfig::default() },
        TemplateConfig { max_words: 1, ..TemplateConfig::default() },
        TemplateConfig { max_words: 70_000, ..TemplateConfig::default() },
        TemplateConfig { merge_after: 1, ..TemplateConfig::default() },
    ] {
        assert_eq!(TemplateMiner::new(config).unwrap_err().code(), "config");
    }
}

/// Long words, long lines and ever new lines: what is held stays within what the limits say.
#[test]
fn hostile_lines_take_no_more_memory_than_the_limits_allow() {
    let config = TemplateConfig { max_templates: 50, merge_after: 3, ..TemplateConfig::default() };
    let mut miner = TemplateMiner::new(config).unwrap();
    let word = |n: usize| ["ab", "cd", "ef", "gh", "ij", "kl", "mn"][n % 7];
    for n in 0..20_000usize {
        let mixed = n.wrapping_mul(0x9e37_79b9) >> 3;
        let line: Vec<_> = (0..2 + mixed % 6).map(|at| word(mixed >> (3 * at))).collect();
        miner.push(&line.join(" "));
    }
    miner.push(&"w ".repeat(1 << 18));
    miner.push(&"w".repeat(1 << 20));
    miner.push(&format!("{}=5 x", "k".repeat(1 << 20)));
    assert!(miner.to_bytes().len() < 50 * (64 << 10), "{}", miner.to_bytes().len());
    assert!(
        miner.keys.len() <= 50 * 64 && miner.alike.len() <= 50 * 128,
        "{} {}",
        miner.keys.len(),
        miner.alike.len()
    );
    assert!(miner.masks.len() <= 128 && miner.masks.values().all(|masks| masks.len() <= 64));
}

#[test]
fn every_changed_or_missing_byte_of_a_state_is_told() {
    let mut miner = miner();
    for n in 0..12 {
        miner.push(&format!("service {} started with mode={n}", ["a", "b", "c", "d", "e", "f"][n % 6]));
    }
    let bytes = miner.to_bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        assert_eq!(TemplateMiner::from_bytes(&changed).unwrap_err().code(), "state", "byte {at}");
        assert_eq!(TemplateMiner::from_bytes(&bytes[..at]).unwrap_err().code(), "state", "cut at {at}");
    }
    // A right checksum is no reason to believe the rest.
    let body = bytes.len() - 8;
    for at in 0..body {
        for with in [0x01, 0x40, 0xff] {
            let mut changed = bytes[..body].to_vec();
            changed[at] ^= with;
            changed.extend(&blake3::hash(&changed).as_bytes()[..8]);
            if let Ok(mut forged) = TemplateMiner::from_bytes(&changed) {
                for line in ["service a started with mode=1", "service z started with mode=x", "a b", ""] {
                    forged.push(line);
                }
            }
        }
    }
}

proptest! {
    /// A miner that was saved and restored goes on as the one that was not.
    #[test]
    fn a_restored_miner_goes_on_as_before(
        lines in proptest::collection::vec("([a-c]{1,2}|[0-9]|k=[ab]|user| ){1,9}", 1..120),
        at in 0usize..120,
    ) {
        let config = TemplateConfig { max_templates: 12, max_words: 5, merge_after: 2, split_after: 3 };
        let mut miner = TemplateMiner::new(config).unwrap();
        let cut = at.min(lines.len());
        for line in &lines[..cut] {
            miner.push(line);
        }
        let bytes = miner.to_bytes();
        let mut again = TemplateMiner::from_bytes(&bytes).unwrap();
        prop_assert_eq!(again.to_bytes(), bytes);
        for line in &lines[cut..] {
            prop_assert_eq!(miner.push(line), again.push(line));
        }
        prop_assert_eq!(miner.templates(), again.templates());
    }

    /// Whatever comes: as many parameters as the text has places for, in order, in bounds; counts add up to the lines.
    #[test]
    fn every_line_has_a_template(
        lines in proptest::collection::vec("([a-c]{1,2}|[0-9]|/x|\\(|\\)|=|user|Jul|é| ){0,12}", 1..60),
    ) {
        let config = TemplateConfig { max_words: 5, merge_after: 2, split_after: 3, ..TemplateConfig::default() };
        let mut miner = TemplateMiner::new(config).unwrap();
        for line in &lines {
            let mined = miner.push(line);
            let template = miner.get(mined.id).expect("held");
            prop_assert_eq!(template.text.matches("<*>").count(), mined.params.len(), "{} {:?}", line, template);
            let mut at = 0;
            for span in &mined.params {
                prop_assert!(span.start >= at && span.get(line).is_some());
                at = span.end;
            }
            let again = miner.push(line);
            prop_assert_ne!(again.change, Change::New);
        }
        prop_assert_eq!(miner.templates().iter().map(|t| t.count).sum::<u64>(), 2 * lines.len() as u64);
    }
}

#[test]
fn templates_that_meet_in_two_words_have_parameters_in_both() {
    let config = TemplateConfig { max_words: 8, merge_after: 2, split_after: 4, ..TemplateConfig::default() };
    let mut miner = TemplateMiner::new(config).unwrap();
    for line in ["idle", "busy"] {
        miner.push(&format!("node is {line} now"));
    }
    for line in ["node is ready soon", "node is ready later"] {
        miner.push(line);
    }
    for line in ["node is idle now", "node is ready soon", "node is gone today"] {
        let mined = miner.push(line);
        assert_eq!(miner.push(line).id, mined.id);
        let text = &miner.get(mined.id).unwrap().text;
        let fits = text.split(' ').zip(line.split(' ')).all(|(part, word)| part == "<*>" || part == word);
        assert!(fits || text == "node is <*>", "{line}: {text}");
    }
    assert_eq!(TemplateMiner::from_bytes(&miner.to_bytes()).unwrap().to_bytes(), miner.to_bytes());
}
