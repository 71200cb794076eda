//! Which programming language a text is written in.

use super::super::Language;

/// Lines looked at.
const LINES: usize = 400;

/// What hardly occurs outside of a language, or of those that have grown out of it: how a line
/// begins, and what it holds besides.
const SIGNS: [(Language, &str, &str); 84] = [
    (Language::Rust, "fn ", "("),
    (Language::Rust, "pub fn ", "("),
    (Language::Rust, "pub(", ") "),
    (Language::Rust, "pub struct ", ""),
    (Language::Rust, "pub enum ", ""),
    (Language::Rust, "pub trait ", ""),
    (Language::Rust, "pub mod ", ""),
    (Language::Rust, "pub use ", "::"),
    (Language::Rust, "use ", "::"),
    (Language::Rust, "impl ", "{"),
    (Language::Rust, "impl<", ">"),
    (Language::Rust, "let mut ", "="),
    (Language::Rust, "let Some(", ""),
    (Language::Rust, "#[", "]"),
    (Language::Rust, "#![", "]"),
    (Language::Rust, "mod ", ";"),
    (Language::Rust, "match ", " {"),
    (Language::Rust, "", "&mut "),
    (Language::Rust, "", ") -> "),
    (Language::Python, "def ", "):"),
    (Language::Python, "def ", ") ->"),
    (Language::Python, "async def ", "("),
    (Language::Python, "from ", " import "),
    (Language::Python, "elif ", ":"),
    (Language::Python, "except", ":"),
    (Language::Python, "try:", ""),
    (Language::Python, "else:", ""),
    (Language::Python, "if __name__", ""),
    (Language::Python, "return self.", ""),
    (Language::Python, "self.", " = "),
    (Language::Python, "with ", " as "),
    (Language::Go, "func ", "("),
    (Language::Go, "import (", ""),
    (Language::Go, "type ", " struct {"),
    (Language::Go, "type ", " interface {"),
    (Language::Go, "if err != nil", "{"),
    (Language::Go, "defer ", "("),
    (Language::Go, "go func", "("),
    (Language::Go, "", " := "),
    (Language::Java, "package ", ";"),
    (Language::Java, "import java", ";"),
    (Language::Java, "import org.", ";"),
    (Language::Java, "import com.", ";"),
    (Language::Java, "public class ", ""),
    (Language::Java, "public final class ", ""),
    (Language::Java, "public interface ", ""),
    (Language::Java, "public enum ", ""),
    (Language::Java, "public static ", ""),
    (Language::Java, "public ", "("),
    (Language::Java, "private final ", ""),
    (Language::Java, "private static ", ""),
    (Language::Java, "protected ", "("),
    (Language::Java, "@Override", ""),
    (Language::Java, "throw new ", ";"),
    (Language::JavaScript, "const ", " = "),
    (Language::JavaScript, "let ", " = "),
    (Language::JavaScript, "var ", " = "),
    (Language::JavaScript, "function ", "("),
    (Language::JavaScript, "async function ", "("),
    (Language::JavaScript, "import ", " from "),
    (Language::JavaScript, "export default ", ""),
    (Language::JavaScript, "export const ", ""),
    (Language::JavaScript, "export function ", ""),
    (Language::JavaScript, "export class ", ""),
    (Language::JavaScript, "module.exports", ""),
    (Language::JavaScript, "", " => {"),
    (Language::TypeScript, "interface ", "{"),
    (Language::TypeScript, "export interface ", "{"),
    (Language::TypeScript, "export type ", "="),
    (Language::TypeScript, "import type ", ""),
    (Language::TypeScript, "", ": string"),
    (Language::TypeScript, "", ": number"),
    (Language::TypeScript, "", ": boolean"),
    (Language::C, "#include ", ".h"),
    (Language::C, "#define ", ""),
    (Language::C, "#ifdef ", ""),
    (Language::C, "#ifndef ", ""),
    (Language::C, "typedef ", ""),
    (Language::C, "static ", "("),
    (Language::C, "int main(", ""),
    (Language::Cpp, "namespace ", ""),
    (Language::Cpp, "template", "<"),
    (Language::Cpp, "", "std::"),
    (Language::Cpp, "public:", ""),
];

/// The language of `text`, if it is source code of one that is known.
pub(super) fn language(text: &str) -> Option<Language> {
    let first = text.lines().next().unwrap_or("");
    if first.starts_with("#!") && !first.contains("python") && !first.contains("node")
        || text.starts_with("<?")
    {
        return None;
    }
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES);
    // Prose is told at once: its lines do not end as those of code do.
    let (mut count, mut ends) = (0, 0);
    for line in lines() {
        if line.starts_with("```") || line.starts_with("~~~") {
            return None;
        }
        let comment = ["//", "/*", "*", "# "].iter().any(|begin| line.starts_with(begin));
        count += usize::from(!comment);
        ends += usize::from(!comment && line.ends_with([';', '{', '}', ':', '(', ')', ',', '[', ']', '>']));
    }
    if ends < 2 || ends * 3 < count {
        return None;
    }
    let mut scores = [0_usize; Language::ALL.len()];
    for line in lines() {
        let mut seen = [false; Language::ALL.len()];
        for (language, begin, holds) in SIGNS {
            let seen = &mut seen[language as usize];
            let sign = !*seen && line.strip_prefix(begin).is_some_and(|rest| rest.contains(holds));
            *seen |= sign;
            scores[language as usize] += usize::from(sign);
        }
    }
    let score = |language: Language| scores[language as usize];
    let families = [
        (Language::Rust, score(Language::Rust)),
        (Language::Python, score(Language::Python)),
        (Language::Go, score(Language::Go)),
        (Language::Java, score(Language::Java)),
        (Language::JavaScript, score(Language::JavaScript) + score(Language::TypeScript)),
        (Language::C, score(Language::C) + score(Language::Cpp)),
    ];
    let (language, best) = families.into_iter().rev().max_by_key(|&(_, score)| score)?;
    if best < 2 || best * 12 < count {
        return None;
    }
    Some(match language {
        Language::JavaScript if score(Language::TypeScript) >= 2 => Language::TypeScript,
        Language::C if score(Language::Cpp) >= 2 => Language::Cpp,
        other => other,
    })
}
