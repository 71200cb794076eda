//! Source code is cut between items, and its parts stand under their names.

use crate::kinds::{cut, found, outline};

/// A text of each language, and names that parts of it stand under.
const LANGUAGES: [(&str, &str, &[&str]); 8] = [
    (
        "rust",
        "mod hive {\n    const BEES: u32 = 1;\n\n    pub trait Fly {\n        const UP: bool;\n\n        fn fly(&self) -> bool;\n    }\n\n    \
         impl<T: Wing> Fly for T\n    where\n        T: Clone,\n    {\n        const UP: bool = true;\n\n        fn fly(&self) -> bool {\n            \
         self.wings() > 1\n        }\n    }\n\n    pub enum Caste {\n        Queen,\n        Worker,\n    }\n\n    macro_rules! buzz {\n        \
         () => { \"bzz\" };\n    }\n}\n",
        &[
            "mod hive > trait Fly > fn fly",
            "mod hive > impl<T: Wing> Fly for T > fn fly",
            "mod hive > enum Caste",
            "mod hive > macro buzz",
        ],
    ),
    (
        "python",
        "import os\n\nclass Bee:\n    \"\"\"A bee.\"\"\"\n\n    @property\n    def fly(self):\n        def up():\n            return 1\n        \
         return up\n\n    async def rest(self):\n        return 2\n\n\ndef main():\n    Bee().fly()\n",
        &["class Bee > def fly", "class Bee > def rest", "def main"],
    ),
    (
        "javascript",
        "export class Bee {\n  static count = 0;\n\n  fly() {\n    return 1;\n  }\n\n  async rest() {\n    return 2;\n  }\n}\n\n\
         export default function hive() {\n  return 3;\n}\n\nfunction* swarm() {\n  yield new Bee();\n}\n\nconst land = (bee) => {\n  return bee;\n};\n",
        &["class Bee > fly", "class Bee > rest", "function hive", "function swarm", "const land"],
    ),
    (
        "typescript",
        "interface Age {\n  years: number;\n}\n\ntype Name = {\n  first: string;\n};\n\nenum Caste {\n  Queen,\n}\n\nnamespace hive {\n  \
         const bees = 1;\n\n  export abstract class Bee {\n    age: Age;\n\n    fly(): boolean {\n      return true;\n    }\n  }\n}\n\n\
         export const fly = (bee: Age): boolean => {\n  return true;\n};\n",
        &["interface Age", "type Name", "enum Caste", "namespace hive > class Bee > fly", "const fly"],
    ),
    (
        "go",
        "package bee\n\nimport \"fmt\"\n\ntype Bee struct {\n\tage int\n}\n\nfunc (b *Bee) Fly() error {\n\treturn nil\n}\n\n\
         func main() {\n\tfmt.Println(Bee{})\n}\n",
        &["type Bee", "func (b *Bee) Fly", "func main"],
    ),
    (
        "java",
        "package bee;\n\n@Deprecated\npublic class Bee {\n    private int age;\n\n    public Bee(int age) {\n        this.age = age;\n    }\n\n    \
         public int fly() {\n        return 1;\n    }\n\n    enum Caste {\n        QUEEN, WORKER\n    }\n}\n\ninterface Hive {\n    int bees();\n}\n\n\
         record Comb(int cells) {\n    int wax() {\n        return cells;\n    }\n}\n",
        &["class Bee > Bee", "class Bee > fly", "class Bee > enum Caste", "interface Hive", "record Comb"],
    ),
    (
        "c",
        "#include <a.h>\n\nstruct bee {\n    int age;\n};\n\ntypedef struct {\n    int cells;\n} comb;\n\nenum caste {\n    QUEEN,\n};\n\n\
         static int *fly(struct bee *bee)\n{\n    return &bee->age;\n}\n",
        &["struct bee", "typedef comb", "enum caste", "fly"],
    ),
    (
        "cpp",
        "namespace bees {\n\nint count = 0;\n\nclass Bee : public Insect {\n    int age = 0;\n\npublic:\n    int fly() const {\n        return age;\n    }\n};\n\n\
         template <class T>\nT Bee::rest(T x) {\n    return x;\n}\n\nBee &operator+(Bee &a, Bee &b) {\n    return a;\n}\n\n}\n",
        &["namespace bees > class Bee > fly", "namespace bees > Bee::rest", "namespace bees > operator+"],
    ),
];

/// The names above each part of a file are those of its syntax.
#[test]
fn code_stands_under_its_names() {
    let rust = "use std::fmt;\n\n/// A bee.\n#[derive(Debug)]\npub struct Bee {\n    age: u32,\n}\n\nimpl fmt::Display for Bee {\n    \
        /// Writes it.\n    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {\n        let age = self.age;\n\n        \
        if age > 1 {\n            f.write_str(\"old\")?;\n        }\n        Ok(())\n    }\n\n    fn other() {}\n}\n";
    let chunks = cut("code:rust", 65, rust);
    let found = outline(rust, &chunks);
    let whole = |(heading, text): &(String, &str)| {
        heading == "struct Bee" && text.starts_with("/// A bee.\n#[derive")
    };
    assert!(found[0].0.is_empty() && found.iter().any(whole), "{found:?}");
    let chunks = cut("code:rust", 30, rust);
    let headings: Vec<String> = outline(rust, &chunks).into_iter().map(|(heading, _)| heading).collect();
    for expected in ["impl fmt::Display for Bee > fn fmt", "impl fmt::Display for Bee > fn other"] {
        assert!(headings.iter().any(|heading| heading == expected), "{headings:?}");
    }
    for (language, text, expected) in LANGUAGES {
        let chunks = cut(&format!("code:{language}"), 40, text);
        let headings: Vec<String> = outline(text, &chunks).into_iter().map(|(heading, _)| heading).collect();
        for expected in expected {
            assert!(
                headings.iter().any(|heading| heading == expected),
                "{language}: {expected} in {headings:#?}"
            );
        }
    }
}

/// Real code of our own: most chunks begin where an item or a statement does.
#[test]
fn real_code_is_cut_between_items() {
    let mut inside = 0;
    let mut count = 0;
    for file in ["chunk.rs", "html.rs", "token.rs"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(found(&text).name(), "code:rust", "{file}");
        let chunks = cut("code:rust", 1200, &text);
        count += chunks.len();
        let begins =
            ["///", "#[", "pub ", "impl", "fn ", "use ", "//!", "struct ", "enum ", "mod ", "const "];
        inside += chunks
            .iter()
            .filter(|chunk| !begins.iter().any(|begin| chunk.text(&text).trim_start().starts_with(begin)))
            .count();
    }
    assert!(inside * 5 <= count, "{inside} of {count} begin inside of an item");
}
