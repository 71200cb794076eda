//! Field names: which wrappers of a path say nothing, and what other schemas call a Sigma field.

use std::borrow::Cow;

/// Wrappers that shippers put around the fields of a record, longest first where one begins another.
const WRAPPERS: [&str; 12] = [
    "Event.EventData.",
    "Event.System.",
    "Event.UserData.",
    "Event.",
    "EventData.",
    "System.",
    "UserData.",
    "winlog.event_data.",
    "winlog.user_data.",
    "data.win.eventdata.",
    "data.win.system.",
    "event_data.",
];

/// How converters spell "the attributes of this XML element".
const ATTRIBUTES: [&str; 4] = [".#attributes.", ".@attributes.", ".$.", ".@"];

/// The short name of a path, or `None` if the path is its own short name.
///
/// Wrappers go, an XML attribute is joined to its element by `_` and the text of an element is the
/// element itself, as the Sigma specification names the fields of Windows events; spaces go.
pub(super) fn short(path: &str) -> Option<Cow<'_, str>> {
    if !may_be_wrapped(path.as_bytes()) {
        return None;
    }
    let mut name = path;
    // Every wrapper begins with one of these.
    if matches!(path.as_bytes()[0], b'E' | b'S' | b'U' | b'w' | b'd' | b'e')
        && let Some(wrapper) = WRAPPERS.iter().find(|wrapper| path.starts_with(**wrapper))
    {
        name = &path[wrapper.len()..];
        // User data has one element of its own kind around the fields.
        if wrapper.ends_with("UserData.")
            && let Some((_, field)) = name.split_once('.')
            && !field.is_empty()
        {
            name = field;
        }
    }
    let mut name = Cow::Borrowed(name.strip_suffix(".#text").unwrap_or(name));
    if name.contains(' ') {
        name = name.replace(' ', "").into();
    }
    if name.contains('.') {
        for attributes in ATTRIBUTES {
            if name.contains(attributes) {
                name = name.replace(attributes, "_").into();
            }
        }
    }
    (name != path && !name.is_empty()).then_some(name)
}

/// True if there is a dot, a space or a number sign; eight bytes at a time, because most names have none.
fn may_be_wrapped(path: &[u8]) -> bool {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = path.as_chunks::<8>();
    let found = words.iter().fold(0, |found, word| {
        let word = u64::from_le_bytes(*word);
        let equal = |byte: u8| {
            let word = word ^ (ONES * u64::from(byte));
            !(((word & LOW) + LOW) | word | LOW)
        };
        found | equal(b'.') | equal(b' ') | equal(b'#')
    });
    found != 0 || rest.iter().any(|byte| matches!(byte, b'.' | b' ' | b'#'))
}

/// True for the path of `<Data Name="X">` elements.
pub(super) fn is_data(path: &str) -> bool {
    path.strip_suffix("Data").is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// True for what converters call the attribute `Name` of an element.
pub(super) fn is_data_name(key: &str) -> bool {
    matches!(
        key,
        "@Name" | "Name" | "@_Name" | "-Name" | "_Name" | "$.Name" | "#attributes.Name" | "@attributes.Name"
    )
}

/// True for what converters call the text of an element.
pub(super) fn is_data_text(key: &str) -> bool {
    matches!(key, "#text" | "_" | "$t" | "Value" | "value" | "text" | "content")
}

/// What other schemas (Elastic Common Schema, OCSF, CEF, NXLog, native Windows auditing) call a field of
/// Sigma's taxonomy. Only names that can mean nothing else are here.
const ALIASES: [(&str, &[&str]); 46] = [
    ("Channel", &["winlog.channel"]),
    ("CommandLine", &["process.command_line", "process.cmd_line"]),
    ("Company", &["process.pe.company"]),
    ("Computer", &["winlog.computer_name"]),
    ("CurrentDirectory", &["process.working_directory"]),
    ("Description", &["process.pe.description"]),
    ("DestinationHostname", &["destination.domain", "dst_endpoint.hostname"]),
    ("DestinationIp", &["destination.ip", "dst_endpoint.ip", "destinationAddress"]),
    ("DestinationPort", &["destination.port", "dst_endpoint.port", "destinationPort"]),
    ("Details", &["registry.data.strings", "reg_value.data", "NewValue"]),
    ("EventID", &["winlog.event_id", "EventId"]),
    ("Image", &["process.executable", "process.file.path", "NewProcessName"]),
    ("ImageLoaded", &["dll.path", "module.file.path"]),
    ("IntegrityLevel", &["winlog.event_data.IntegrityLevel", "process.integrity"]),
    ("OriginalFileName", &["process.pe.original_file_name"]),
    ("ParentCommandLine", &["process.parent.command_line", "actor.process.cmd_line"]),
    ("ParentImage", &["process.parent.executable", "actor.process.file.path", "ParentProcessName"]),
    ("ParentProcessId", &["process.parent.pid", "actor.process.pid"]),
    ("ProcessId", &["process.pid"]),
    ("Product", &["process.pe.product"]),
    ("Provider_Name", &["winlog.provider_name", "SourceName", "ProviderName"]),
    ("QueryName", &["dns.question.name", "query.hostname"]),
    ("ScriptBlockText", &["powershell.file.script_block_text"]),
    ("SourceIp", &["source.ip", "src_endpoint.ip", "sourceAddress"]),
    ("SourcePort", &["source.port", "src_endpoint.port", "sourcePort"]),
    ("TargetFilename", &["file.path"]),
    ("TargetObject", &["registry.path", "reg_key.path"]),
    ("User", &["actor.user.name"]),
    ("c-ip", &["client.ip"]),
    ("c-uri", &["url.original", "requestUrl"]),
    ("c-uri-extension", &["url.extension"]),
    ("c-uri-query", &["url.query"]),
    ("c-useragent", &["user_agent.original", "http_request.user_agent", "requestClientApplication"]),
    ("cs-host", &["url.domain", "http_request.url.hostname"]),
    ("cs-method", &["http.request.method", "http_request.http_method"]),
    ("cs-referer", &["http.request.referrer", "http_request.referrer"]),
    ("cs-uri-query", &["url.query", "http_request.url.query_string"]),
    ("cs-uri-stem", &["url.path", "http_request.url.path"]),
    ("cs-user-agent", &["user_agent.original", "http_request.user_agent"]),
    ("dst_ip", &["destination.ip", "dst_endpoint.ip", "destinationAddress"]),
    ("dst_port", &["destination.port", "dst_endpoint.port", "destinationPort"]),
    ("md5", &["process.hash.md5"]),
    ("sc-status", &["http.response.status_code", "http_response.code"]),
    ("sha256", &["process.hash.sha256"]),
    ("src_ip", &["source.ip", "src_endpoint.ip", "sourceAddress"]),
    ("src_port", &["source.port", "src_endpoint.port", "sourcePort"]),
];

/// The other names of a Sigma field.
pub(crate) fn aliases(field: &str) -> &'static [&'static str] {
    ALIASES.binary_search_by_key(&field, |(name, _)| name).map_or(&[], |found| ALIASES[found].1)
}

#[cfg(test)]
mod tests {
    use super::{ALIASES, aliases, short};

    #[test]
    fn short_names() {
        for (path, name) in [
            ("Event.System.EventID", Some("EventID")),
            ("Event.System.EventID.#text", Some("EventID")),
            ("Event.System.Provider.#attributes.Name", Some("Provider_Name")),
            ("System.Execution.@ProcessID", Some("Execution_ProcessID")),
            ("Event.UserData.Operation_ClientFailure.User", Some("User")),
            ("UserData.User", Some("User")),
            ("winlog.event_data.Image", Some("Image")),
            ("SAM User Account", Some("SAMUserAccount")),
            ("user.name", None),
            ("Image", None),
            ("Event.", None),
        ] {
            assert_eq!(short(path).as_deref(), name, "{path}");
        }
    }

    #[test]
    fn aliases_are_sorted() {
        assert!(ALIASES.is_sorted_by_key(|(name, _)| name));
        assert!(aliases("Image").contains(&"process.executable") && aliases("none").is_empty());
    }
}
