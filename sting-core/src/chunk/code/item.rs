//! What has a name in source code: functions, types, modules.

use super::Language;
use tree_sitter::Node;

/// Bytes of a title beyond which it is cut.
const MAX_TITLE: usize = 100;

/// A node that has a name.
pub(super) struct Item {
    /// As in `fn bar` or `impl Foo`.
    pub(super) title: String,
    /// The node that has the name, if it is inside of another such as `export`.
    pub(super) wrapped: Option<usize>,
}

/// The grammar for a text.
pub(super) fn grammar(language: Language, text: &str) -> tree_sitter::Language {
    match language {
        Language::Rust => tree_sitter_rust::LANGUAGE,
        Language::Python => tree_sitter_python::LANGUAGE,
        Language::JavaScript => tree_sitter_javascript::LANGUAGE,
        // With tags in it, type assertions in angle brackets are not allowed; without, they are.
        Language::TypeScript if text.contains("</") || text.contains("/>") => {
            tree_sitter_typescript::LANGUAGE_TSX
        }
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        Language::Go => tree_sitter_go::LANGUAGE,
        Language::Java => tree_sitter_java::LANGUAGE,
        Language::C => tree_sitter_c::LANGUAGE,
        Language::Cpp => tree_sitter_cpp::LANGUAGE,
    }
    .into()
}

/// The item that begins at `node`, if one does.
pub(super) fn find(node: Node<'_>, language: Language, text: &str) -> Option<Item> {
    // TypeScript has its namespaces in expression statements.
    const WRAPPERS: [&str; 4] =
        ["export_statement", "decorated_definition", "template_declaration", "expression_statement"];
    if WRAPPERS.contains(&node.kind()) {
        let mut cursor = node.walk();
        let mut inside = node.named_children(&mut cursor);
        return inside
            .find_map(|node| Some(Item { title: title(node, language, text)?, wrapped: Some(node.id()) }));
    }
    title(node, language, text).map(|title| Item { title, wrapped: None })
}

fn title(node: Node<'_>, language: Language, text: &str) -> Option<String> {
    let of = |node: Node<'_>| &text[node.byte_range()];
    let name = node.child_by_field_name("name").map(of);
    let named = |keyword: &str| name.map(|name| format!("{keyword} {name}"));
    let title = match node.kind() {
        "function_item" | "function_signature_item" => named("fn"),
        "struct_item" => named("struct"),
        "enum_item" | "enum_declaration" => named("enum"),
        "union_item" => named("union"),
        "trait_item" => named("trait"),
        "mod_item" => named("mod"),
        "macro_definition" => named("macro"),
        "impl_item" => {
            let body = node.child_by_field_name("body").map_or(node.end_byte(), |body| body.start_byte());
            let head = text[node.start_byte()..body].split(" where").next();
            head.map(ToOwned::to_owned)
        }
        "function_definition" if language == Language::Python => named("def"),
        "function_definition" => declared(node).map(of).map(ToOwned::to_owned),
        "class_definition" | "class_declaration" | "abstract_class_declaration" => named("class"),
        "function_declaration" if language == Language::Go => named("func"),
        "function_declaration" | "generator_function_declaration" => named("function"),
        "method_declaration" if language == Language::Go => {
            let receiver = node.child_by_field_name("receiver").map_or("", of);
            name.map(|name| format!("func {receiver} {name}"))
        }
        "method_definition" | "method_declaration" | "constructor_declaration" => name.map(ToOwned::to_owned),
        "interface_declaration" => named("interface"),
        "type_alias_declaration" => named("type"),
        "internal_module" | "module" | "namespace_definition" => named("namespace"),
        "record_declaration" => named("record"),
        "annotation_type_declaration" => named("@interface"),
        "type_declaration" => {
            let spec = node.named_child(0).and_then(|spec| spec.child_by_field_name("name"));
            spec.map(|name| format!("type {}", of(name)))
        }
        "struct_specifier" => named("struct").filter(|_| has_body(node)),
        "class_specifier" => named("class").filter(|_| has_body(node)),
        "union_specifier" => named("union").filter(|_| has_body(node)),
        "enum_specifier" => named("enum").filter(|_| has_body(node)),
        "type_definition" => {
            let kind = node.child_by_field_name("type").filter(|kind| has_body(*kind));
            kind.and_then(|_| declared(node)).map(|name| format!("typedef {}", of(name)))
        }
        "lexical_declaration" | "variable_declaration" => {
            let declarator = node.named_child(0)?;
            let value = declarator.child_by_field_name("value")?;
            let is_function = ["arrow_function", "function_expression", "class"].contains(&value.kind());
            let name = declarator.child_by_field_name("name").map(of);
            name.filter(|_| is_function).map(|name| format!("const {name}"))
        }
        _ => None,
    };
    title.map(|title| squeeze(&title)).filter(|title| !title.is_empty())
}

fn has_body(node: Node<'_>) -> bool {
    node.child_by_field_name("body").is_some()
}

/// The name inside of the pointers, references and parameters of a C declaration.
fn declared(mut node: Node<'_>) -> Option<Node<'_>> {
    // No sane declaration nests deeper.
    for _ in 0..32 {
        node = match node.child_by_field_name("declarator") {
            Some(inner) => inner,
            None if matches!(node.kind(), "reference_declarator" | "parenthesized_declarator") => {
                node.named_child(0)?
            }
            None if node.kind().ends_with("definition") => return None,
            None => return Some(node),
        };
    }
    None
}

/// On one line, and not too long.
fn squeeze(title: &str) -> String {
    let mut words = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.len() > MAX_TITLE {
        words.truncate(words.floor_char_boundary(MAX_TITLE));
        words.push('…');
    }
    words
}
