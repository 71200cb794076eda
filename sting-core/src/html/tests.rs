use super::{TokenKind, Tokenizer, decode};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer as Oracle, TokenizerOpts,
};
use proptest::prelude::*;
use std::cell::RefCell;

/// Tokens in the words of both tokenizers: text is joined, comments are told apart by nothing.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Text(String),
    Start(String, Vec<(String, String)>, bool),
    End(String),
    Comment,
    Doctype,
}

#[derive(Default)]
struct Sink(RefCell<Vec<Said>>);

fn say(all: &mut Vec<Said>, next: Said) {
    match (all.last_mut(), next) {
        (Some(Said::Text(last)), Said::Text(more)) => last.push_str(&more),
        (_, next) => all.push(next),
    }
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut result = TokenSinkResult::Continue;
        let said = match token {
            Token::CharacterTokens(text) => Said::Text(text.to_string()),
            Token::NullCharacterToken => Said::Text("\0".into()),
            Token::CommentToken(_) => Said::Comment,
            Token::DoctypeToken(_) => Said::Doctype,
            Token::ParseError(_) | Token::EOFToken => return result,
            Token::TagToken(tag) if tag.kind == TagKind::EndTag => Said::End(tag.name.to_string()),
            Token::TagToken(tag) => {
                result = match &*tag.name {
                    "script" => TokenSinkResult::RawData(RawKind::ScriptData),
                    "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
                    "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
                        TokenSinkResult::RawData(RawKind::Rawtext)
                    }
                    "plaintext" => TokenSinkResult::Plaintext,
                    _ => TokenSinkResult::Continue,
                };
                let attrs =
                    tag.attrs.iter().map(|attr| (attr.name.local.to_string(), attr.value.to_string()));
                Said::Start(tag.name.to_string(), attrs.collect(), tag.self_closing)
            }
        };
        say(&mut self.0.borrow_mut(), said);
        result
    }
}

fn oracle(source: &str) -> Vec<Said> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(source));
    let oracle = Oracle::new(Sink::default(), TokenizerOpts { discard_bom: false, ..Default::default() });
    let _ = oracle.feed(&input);
    oracle.end();
    oracle.sink.0.take()
}

fn ours(source: &str) -> Vec<Said> {
    let mut all = Vec::new();
    for token in Tokenizer::new(source) {
        let said = match token.kind {
            TokenKind::Text => Said::Text(decode(token.text).0.into_owned()),
            TokenKind::RawText => Said::Text(token.text.into()),
            TokenKind::Comment if token.text == "</>" => continue,
            TokenKind::Comment => Said::Comment,
            TokenKind::Doctype => Said::Doctype,
            TokenKind::Unclosed => continue,
            TokenKind::EndTag => Said::End(token.name.to_ascii_lowercase()),
            TokenKind::StartTag => {
                let mut attributes: Vec<(String, String)> = Vec::new();
                for attribute in token.attributes() {
                    let name = attribute.name.to_ascii_lowercase();
                    if attributes.iter().all(|(known, _)| *known != name) {
                        attributes.push((name, attribute.decoded().into_owned()));
                    }
                }
                Said::Start(token.name.to_ascii_lowercase(), attributes, token.is_self_closing())
            }
        };
        say(&mut all, said);
    }
    all
}

fn check(source: &str) {
    let mut at = 0;
    for token in Tokenizer::new(source) {
        assert_eq!(token.span.start, at, "{source:?}");
        assert_eq!(Some(token.text), token.span.get(source));
        assert!(!token.span.is_empty(), "{source:?}");
        for attribute in token.attributes() {
            assert_eq!(attribute.value_span.get(source), Some(attribute.value), "{source:?}");
        }
        at = token.span.end;
    }
    assert_eq!(at, source.len(), "{source:?}");
    assert_eq!(ours(source), oracle(source), "{source:?}");
}

#[test]
fn agrees_with_the_oracle() {
    for source in [
        "",
        "plain < text & <3 </ x",
        "<p>one<br/>two</P >",
        "<a href='x>y' b=\"c\"d e = f g/>t</a>",
        "<img alt=a&amp;b src=?a=1&copy=2 =odd>",
        "<!doctype html><!-- c --><!--><!---><!-- a --!><!-- -- --->x<!bogus><?php ?></3></>y",
        "<script>if (a</b) '<p>'</script >x<style>p{}</STYLE><title>a&lt;b</title>",
        "<script><!-- <script> </script> --> </script>x",
        "<script><!-- <script> </script> </script>x",
        "<script><!--></script>x",
        "<textarea><p></textareas></textarea>t<xmp>&amp;</xmp>",
        "<plaintext></plaintext>&amp;",
        "<title",
        "<p class='unclosed>x",
        "<script>never closed",
        "<!-- never closed",
        "日本<b>語</b>&nbsp;é",
    ] {
        check(source);
    }
}

#[test]
fn stays_linear() {
    for unit in ["<", "<!--", "<a b='", "</", "<script>", "<script><!--", "<title>", "&", "<a ", "--", "<!"] {
        let source = unit.repeat(400_000 / unit.len());
        let start = std::time::Instant::now();
        let bytes: usize = Tokenizer::new(&source).map(|token| decode(token.text).0.len()).sum();
        assert!(bytes > 0 && start.elapsed().as_secs() < 2, "{unit}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn soup_agrees_with_the_oracle(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<", ">", "/", "!", "-", "--", "?", "=", "'", "\"", " ", "\n", "a", "é", "p", "&", ";", "amp", "#64", "#x",
            "copy", "notin", "<p", "</p", "<a href", "<!--", "-->", "--!>", "<!doctype", "<script", "</script",
            "<script>", "</script>", "<title>", "</title>", "<style>", "</style>", "<textarea>", "[CDATA[",
        ]), 0..24)
    ) {
        check(&pieces.concat());
    }

    #[test]
    fn anything_tiles(source in "\\PC{0,80}") {
        let joined: String = Tokenizer::new(&source).map(|token| token.text).collect();
        prop_assert_eq!(joined, source);
    }
}
