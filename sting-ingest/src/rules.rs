//! Detection rules from files.

use crate::Error;
use std::io;
use std::path::Path;
use sting_core::RuleError;
use sting_core::sigma::{Pipeline, RuleConfig, RuleFile, RuleSet};
use walkdir::WalkDir;

/// Loads Sigma rules and correlations from files, and from all `.yml` and `.yaml` files of folders, in the order of
/// their paths. Rules that cannot be used are in [`RuleSet::errors`], with their path and line.
///
/// # Errors
/// [`Error::Io`] if a file or folder cannot be read.
pub fn load_rules<P: AsRef<Path>>(paths: &[P]) -> Result<RuleSet, Error> {
    load_rules_with(paths, &RuleConfig::default())
}

/// As [`load_rules`], with placeholders and pipelines.
///
/// # Errors
/// [`Error::Io`] if a file or folder cannot be read.
pub fn load_rules_with<P: AsRef<Path>>(paths: &[P], config: &RuleConfig) -> Result<RuleSet, Error> {
    let mut files = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let at = error.path().unwrap_or(path).to_owned();
                // What the walk says of it would name the path a second time.
                let cause =
                    error.into_io_error().unwrap_or_else(|| io::Error::other("links lead in a circle"));
                Error::io("reading rules failed", &at)(cause)
            })?;
            let is_named = entry.depth() == 0;
            if entry.file_type().is_file() && (is_named || is_yaml(entry.path())) {
                files.push(
                    read(entry.path())?.and_then(|(path, yaml)| RuleFile::parse_with(&yaml, &path, config)),
                );
            }
        }
    }
    Ok(RuleSet::from_files(files, Vec::new()))
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("yml") || extension.eq_ignore_ascii_case("yaml")
    })
}

/// Loads a pipeline, which fits rules to the data that they are for.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Core`] if it cannot be used, with path and line.
pub fn load_pipeline(path: impl AsRef<Path>) -> Result<Pipeline, Error> {
    let read = read(path.as_ref())?.and_then(|(path, yaml)| Pipeline::parse(&yaml, &path));
    read.map_err(|error| Error::Core(error.into()))
}

/// The path and the text of a file, or why it cannot be used.
fn read(path: &Path) -> Result<Result<(String, String), RuleError>, Error> {
    let bytes = std::fs::read(path).map_err(Error::io("reading rules failed", path))?;
    let path = path.to_string_lossy().into_owned();
    Ok(match String::from_utf8(bytes) {
        Ok(yaml) => Ok((path, yaml)),
        // Replacing what is not UTF-8 would make a rule that silently matches something else.
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + memchr::memchr_iter(b'\n', valid).count();
            Err(RuleError { path, line, message: "not UTF-8; save the file as UTF-8".into() })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "title: Who\nlogsource: {category: process_creation}\n\
        detection:\n  tool: {Image: whoami}\n  condition: tool\n";

    #[test]
    fn what_can_be_used_is_loaded_and_the_rest_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            path
        };
        file("sub/good.yml", RULE.as_bytes());
        file("bad.yaml", b"title: No detection\nlogsource: {product: windows}\n");
        file("latin.yml", &[RULE.as_bytes(), b"# caf\xe9\n"].concat());
        let other = file("rule.txt", RULE.replace("Who", "By name").as_bytes());

        let set = load_rules(&[folder.path()]).unwrap();
        assert_eq!(set.rules().iter().map(|rule| &*rule.title).collect::<Vec<_>>(), ["Who"]);
        let faults: Vec<_> = set.errors().iter().map(ToString::to_string).collect();
        let at = |name: &str| folder.path().join(name).display().to_string();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(
            faults[0].starts_with(&at("bad.yaml")) && faults[0].contains("`detection` is missing"),
            "{faults:?}"
        );
        assert_eq!(faults[1], format!("{}:6: not UTF-8; save the file as UTF-8", at("latin.yml")));

        let mapped = file("pipeline.yml", b"transformations: [{type: change_logsource, product: zeek}]\n");
        let config = RuleConfig::default().with_pipeline(load_pipeline(&mapped).unwrap());
        let set = load_rules_with(&[&other], &config).unwrap();
        assert_eq!(set.rules()[0].logsource.product.as_deref(), Some("zeek"));
        let error = load_pipeline(&other).unwrap_err().to_string();
        assert!(error.contains(":1: unknown key `title`"), "{error}");

        assert_eq!(
            load_rules(&[other]).unwrap().rules()[0].title,
            "By name",
            "a named file needs no extension"
        );

        let absent = folder.path().join("absent");
        let error = load_rules(&[&absent]).unwrap_err();
        let message = error.to_string();
        assert!(matches!(&error, Error::Io { path, .. } if *path == absent));
        assert_eq!(message.matches(&at("absent")).count(), 1, "{message}");
        assert!(message.ends_with("; check that the path exists"), "{message}");
    }
}
