//! What goes out has no private data, what comes back has it again.

use crate::laws::dense_text;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use sting_pii::{
    Action, Entry, Error, Key, LeftoverReason, Matching, MemoryVault, ScrubConfig, Scrubber, Session, Slot,
    Vault,
};

static SCRUBBER: LazyLock<Scrubber> = LazyLock::new(|| Scrubber::new(ScrubConfig::default()).unwrap());

fn key() -> Key {
    Key::new("a key of the tests").unwrap()
}

fn session() -> Session {
    SCRUBBER.session_in(&key(), Arc::new(MemoryVault::default().with_capacity(usize::MAX)))
}

fn protect(session: &Session, text: &str) -> String {
    session.protect(text).unwrap().text.into_inner()
}

/// Tokens, true and made up, beside what tokens are made of.
fn text_with_tokens() -> impl Strategy<Value = String> {
    let token = protect(&session(), "jane@example.org");
    let pieces = prop_oneof![
        dense_text(),
        Just(token.clone()),
        Just(token.to_lowercase()),
        Just(token.replace('_', "\\_")),
        Just(format!("[{token}]")),
        Just(format!("\"{token}\"")),
        Just(format!("{{\"a\": \"{token}\"}}")),
        Just("[TEXT_BCDFGHJKLMNPQR]".to_owned()),
        Just("EMAIL_BCDFGHJKLMNPQR".to_owned()),
        Just(token[..12].to_owned()),
        Just(token[8..].to_owned()),
        "[\\[\\]<>{}\\\\\"_*` ]{0,4}",
        "\\PC{0,8}",
    ];
    proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_protected_is_restored(text in text_with_tokens()) {
        for matching in [Matching::Exact, Matching::Tolerant] {
            let session = session().with_matching(matching);
            let sent = session.protect(&text).unwrap();
            prop_assert_eq!(session.restore(sent.text.get()).unwrap(), text.as_str());
            prop_assert_eq!(sent.map.output_len(), sent.text.get().len());
        }
    }

    #[test]
    fn nothing_private_is_sent(text in dense_text()) {
        let sent = protect(&session(), &text);
        prop_assert_eq!(SCRUBBER.find(&sent).unwrap(), vec![], "{}", sent);
        let again = SCRUBBER.scrub(&sent).unwrap().text.into_inner();
        prop_assert_eq!(again, sent);
    }

    #[test]
    fn an_answer_cut_anywhere_is_restored(text in text_with_tokens(), cuts in proptest::collection::vec(1_usize..30, 1..6)) {
        for matching in [Matching::Exact, Matching::Tolerant] {
            let session = session().with_matching(matching);
            let answer = protect(&session, &text) + &text;
            let whole = session.restore(&answer).unwrap();
            let mut stream = session.restore_stream();
            let (mut out, mut rest) = (Vec::new(), answer.as_bytes());
            for cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at(rest.len().min(*cut));
                out.extend(stream.push_bytes(piece).unwrap());
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            out.extend(stream.finish_bytes().unwrap());
            prop_assert_eq!(String::from_utf8(out).unwrap(), whole);
        }
    }

    #[test]
    fn json_is_restored_to_the_byte(texts in proptest::collection::vec(text_with_tokens(), 0..4), number in prop_oneof![Just(536_228_726_u64), any::<u64>()]) {
        let arguments = serde_json::json!({"ssn": number, "q": texts}).to_string();
        let messages = serde_json::json!([{"role": "user", "content": texts, "card": number},
            {"role": "assistant", "tool_calls": [{"function": {"arguments": arguments}}]}]);
        for json in [messages.to_string(), serde_json::to_string_pretty(&messages).unwrap()] {
            let session = session();
            let sent = session.protect_messages(&json).unwrap().text.into_inner();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&sent).is_ok(), "{}", sent);
            prop_assert_eq!(session.restore(&sent).unwrap(), json);
        }
    }
}

#[test]
fn equal_values_have_equal_tokens_and_nobody_else_knows_them() {
    let ours = session();
    let sent = protect(&ours, "a@b.example, c@d.example, a@b.example");
    let tokens: Vec<_> = sent.split(", ").collect();
    assert_eq!(tokens[0], tokens[2]);
    assert_ne!(tokens[0], tokens[1]);
    let vault: Arc<dyn Vault> = Arc::new(MemoryVault::default());
    let one = SCRUBBER.session_in(&key(), vault.clone());
    let other = SCRUBBER.session_in(&Key::new([9; 16]).unwrap(), vault.clone());
    let sent = protect(&one, "a@b.example");
    assert_eq!(other.restore(&sent).unwrap(), sent);
    assert_eq!(SCRUBBER.session_in(&key(), vault).restore(&sent).unwrap(), "a@b.example");
    assert_eq!((one.forget().unwrap(), one.restore(&sent).unwrap()), (1, sent));
}

#[test]
fn sessions_of_one_scrubber_share_its_vault() {
    let scrubber = Scrubber::new(ScrubConfig::default()).unwrap();
    let sent = protect(&scrubber.session(&key()), "a@b.example");
    assert_eq!(scrubber.session(&key()).restore(&sent).unwrap(), "a@b.example");
}

#[test]
fn a_model_may_alter_tokens_if_the_session_is_tolerant() {
    let exact = session();
    let tolerant = exact.clone().with_matching(Matching::Tolerant);
    let token = protect(&exact, "a@b.example");
    let inner = &token[1..token.len() - 1];
    let lower = inner.to_lowercase();
    for (answer, wanted) in [
        (format!("**{token}**"), "**a@b.example**"),
        (token.to_lowercase(), "a@b.example"),
        (format!("[ {inner} ]"), "a@b.example"),
        (format!("<{lower}>"), "a@b.example"),
        (format!("< {inner} >,"), "a@b.example,"),
        (format!("{{{{{lower}}}}}"), "a@b.example"),
        (format!("[**{inner}**]"), "a@b.example"),
        (format!("`{token}`"), "`a@b.example`"),
        (format!("[`{inner}`]"), "a@b.example"),
        (token.replace('_', "\\_"), "a@b.example"),
        (format!("\\[{}\\]", inner.replace('_', "\\_")), "a@b.example"),
        (token.replace('_', " "), "a@b.example"),
        (format!("mail {inner}."), "mail a@b.example."),
        (format!("see [{lower}](mailto:{lower})"), "see [a@b.example](mailto:a@b.example)"),
        (format!("x{inner}"), ""),
        (format!("[see {inner} there]"), "[see a@b.example there]"),
    ] {
        let wanted = if wanted.is_empty() { answer.as_str() } else { wanted };
        assert_eq!(tolerant.restore(&answer).unwrap(), wanted, "{answer}");
    }
    let altered = format!("{} and {}", token.to_lowercase(), token.replace("EMAIL", "PHONE"));
    assert_eq!(exact.restore(&altered).unwrap(), altered);
    let leftovers = exact.leftovers(&altered).unwrap();
    let reasons: Vec<_> = leftovers.iter().map(|left| left.reason).collect();
    assert_eq!(reasons, [LeftoverReason::Altered, LeftoverReason::Unknown]);
    assert_eq!(leftovers[0].span.get(&altered), Some(token.to_lowercase().as_str()));
    assert_eq!(tolerant.leftovers(&altered).unwrap().len(), 1);
    assert_eq!(exact.leftovers(&token).unwrap(), []);
}

#[test]
fn a_stream_holds_back_no_more_than_a_token() {
    let session = session();
    let mut stream = session.restore_stream();
    assert_eq!(stream.push("Dear [").unwrap(), "Dear ");
    assert_eq!(stream.push("all").unwrap(), "[all");
    assert_eq!(stream.push("] of you, [EMAIL_").unwrap(), "] of you, ");
    assert_eq!(stream.finish().unwrap(), "[EMAIL_");
}

#[test]
fn messages_of_every_role_are_protected() {
    let session = session();
    let messages = r#"[
      {"role": "system", "content": "You serve jane@example.org."},
      {"role": "user", "content": [{"type": "text", "text": "My card is 4111 1111 1111 1111\nthanks"}]},
      {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function",
        "function": {"name": "pay", "arguments": "{\"card\": 4111111111111111, \"password\": \"p\\\"w1-x\", \"n\": 1}"}}]},
      {"role": "tool", "tool_call_id": "call_1", "content": "{\"mail\": \"jane@example.org\", \"ok\": true}"}
    ]"#;
    let sent = session.protect_messages(messages).unwrap().text.into_inner();
    for secret in ["jane", "4111", "w1-x"] {
        assert!(!sent.contains(secret), "{sent}");
    }
    assert_eq!(session.restore(&sent).unwrap(), messages);
    // Equal values have equal tokens wherever they stand.
    let token = protect(&session, "jane@example.org");
    assert_eq!(sent.matches(&token).count(), 2);
    let value: serde_json::Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(value[2]["tool_calls"][0]["function"]["name"], "pay");
    // What the model writes into JSON is escaped as JSON needs it.
    let password = protect(&session, "password: \"quo\\te and \\ more\"");
    let token = password.trim_start_matches("password: ").trim_matches('"');
    let call =
        serde_json::json!({"arguments": serde_json::json!({"p": token}).to_string(), "p": token}).to_string();
    let restored: serde_json::Value = serde_json::from_str(&session.restore_json(&call).unwrap()).unwrap();
    assert_eq!(restored["p"], "quo\\te and \\ more");
    let inner: serde_json::Value = serde_json::from_str(restored["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(inner["p"], "quo\\te and \\ more");
    assert_eq!(session.protect_messages("[{\"role\": 1").unwrap_err().code(), "json");
}

#[test]
fn numbers_become_numbers_again_where_the_model_repeats_them() {
    let session = session();
    let sent = session.protect_json(r#"{"ssn": 536228726}"#).unwrap().text.into_inner();
    assert!(sent.starts_with("{\"ssn\": \"[US_SSN_"), "{sent}");
    assert_eq!(session.restore_json(&sent).unwrap(), r#"{"ssn": 536228726}"#);
    let json = r#"{"arguments":"{\"ssn\":536228726}"}"#;
    let sent = session.protect_json(json).unwrap().text.into_inner();
    assert_eq!(session.restore_json(&sent).unwrap(), json);
}

#[test]
fn what_is_kept_stays_and_what_is_removed_is_not_kept() {
    let config =
        ScrubConfig::default().with_action("email", Action::Keep).with_action("us_ssn", Action::Remove);
    let session = Scrubber::new(config).unwrap().session(&key());
    let sent = protect(&session, "a@b.example 536-22-8726 4111 1111 1111 1111");
    assert!(sent.starts_with("a@b.example  [CREDIT_CARD_"), "{sent}");
    assert_eq!(session.restore(&sent).unwrap(), "a@b.example  4111 1111 1111 1111");
}

#[test]
fn the_token_action_is_restored_by_a_session() {
    let config = ScrubConfig::default().with_key(key()).with_action("email", Action::Token);
    let scrubber = Scrubber::new(config).unwrap();
    let out = scrubber.scrub("a@b.example 536-22-8726").unwrap().text.into_inner();
    assert_eq!(scrubber.session(&key()).restore(&out).unwrap(), "a@b.example [US_SSN]");
    assert_eq!(out, scrubber.scrub(&out).unwrap().text.into_inner());
}

#[derive(Debug)]
struct Broken;

impl Vault for Broken {
    fn put(&self, _: &[Entry<'_>]) -> Result<(), Error> {
        Err(Error::vault("it is broken", "mend it"))
    }

    fn get(&self, slots: &[Slot], found: &mut dyn FnMut(usize, &[u8])) -> Result<(), Error> {
        (0..slots.len()).for_each(|i| found(i, b"\x00\x05EMAILmallory@example.org"));
        Ok(())
    }

    fn forget(&self, _: [u8; 8]) -> Result<usize, Error> {
        Err(Error::vault("it is broken", "mend it"))
    }
}

#[test]
fn if_the_vault_fails_nothing_comes_out() {
    let broken = SCRUBBER.session_in(&key(), Arc::new(Broken));
    assert_eq!(broken.protect("a@b.example").unwrap_err().code(), "vault");
    assert_eq!(broken.protect_messages(r#"["a@b.example"]"#).unwrap_err().code(), "vault");
    assert!(broken.protect("nothing private").is_ok());
    // A vault that says something else than was put into it is not believed.
    let token = protect(&session(), "a@b.example");
    assert_eq!(broken.restore(&token).unwrap_err().code(), "vault");
    let mut stream = broken.restore_stream();
    assert!(stream.push(&token).is_err());
    assert_eq!(stream.push("more").unwrap_err().code(), "stopped");

    let full = SCRUBBER.session_in(&key(), Arc::new(MemoryVault::default().with_capacity(1)));
    assert!(full.protect("a@b.example").is_ok());
    assert_eq!(full.protect("c@d.example").unwrap_err().code(), "vault_full");

    let config =
        ScrubConfig::default().with_key(key()).with_action("*", Action::Token).with_vault(Arc::new(Broken));
    let scrubber = Scrubber::new(config).unwrap();
    assert_eq!(scrubber.scrub("a@b.example").unwrap_err().code(), "vault");
    let mut stream = scrubber.stream();
    assert!(stream.push(b"a@b.example").and_then(|_| stream.finish()).is_err());
}

#[test]
fn what_has_expired_is_left_and_told() {
    let session = SCRUBBER.session_in(&key(), Arc::new(MemoryVault::default().with_ttl(Duration::ZERO)));
    let sent = protect(&session, "a@b.example");
    assert_eq!(session.restore(&sent).unwrap(), sent);
    assert_eq!(session.leftovers(&sent).unwrap()[0].reason, LeftoverReason::Unknown);
}

#[test]
fn many_threads_use_one_session() {
    let session = session();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let session = &session;
            scope.spawn(move || {
                for i in 0..40 {
                    let text = format!("user{n}x{i}@example.org and shared@example.org");
                    let sent = protect(session, &text);
                    assert_eq!(session.restore(&sent).unwrap(), text);
                }
            });
        }
    });
}

#[test]
fn nothing_of_a_session_that_is_printed_holds_text() {
    let session = session();
    let sent = session.protect("jane.secret@example.org").unwrap();
    let stream = session.restore_stream();
    let printed = format!("{session:?} {sent:?} {stream:?} {:?}", session.leftovers(sent.text.get()));
    assert!(!printed.contains("jane"), "{printed}");
}
