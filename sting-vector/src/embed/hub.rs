//! Models in the local cache of the Hugging Face hub.
//!
//! The layout is that of `huggingface_hub`: `models--ORG--NAME/refs/REVISION` holds a commit, and
//! `models--ORG--NAME/snapshots/COMMIT` its files.
//! Source: <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>.

use std::path::{Path, PathBuf};

use sting_core::model::ModelError;

use super::file;

/// The folder of a model that was downloaded before, as `sentence-transformers/all-MiniLM-L6-v2`; `revision` is
/// a branch, a tag or a commit, `main` if absent. Nothing is downloaded.
///
/// The cache is looked for as the hub's own tools do: `HF_HUB_CACHE`, then `HF_HOME/hub`, then
/// `XDG_CACHE_HOME/huggingface/hub`, then `~/.cache/huggingface/hub`.
///
/// # Errors
/// Fails if the model or the revision is not there; the error names the folder or file.
pub fn hub_model(name: &str, revision: Option<&str>) -> Result<PathBuf, ModelError> {
    let folder = |variable: &str, below: &str| Some(PathBuf::from(std::env::var_os(variable)?).join(below));
    let cache = folder("HF_HUB_CACHE", "")
        .or_else(|| folder("HF_HOME", "hub"))
        .or_else(|| folder("XDG_CACHE_HOME", "huggingface/hub"))
        .or_else(|| folder("HOME", ".cache/huggingface/hub"))
        .or_else(|| folder("USERPROFILE", ".cache/huggingface/hub"))
        .ok_or_else(|| ModelError::new(name, "there is no cache of the hub", "set HF_HOME to its folder"))?;
    hub_model_in(&cache, name, revision)
}

/// As [`hub_model`], in the cache in this folder.
///
/// # Errors
/// As [`hub_model`].
pub fn hub_model_in(cache: &Path, name: &str, revision: Option<&str>) -> Result<PathBuf, ModelError> {
    let revision = revision.unwrap_or("main");
    for (what, word) in [("name", name), ("revision", revision)] {
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains('\\');
        if !word.split('/').all(is_plain) {
            let mend = "write it as on the hub, as organisation/model and main";
            return Err(ModelError::new(name, format!("its {what} is not one of the hub"), mend));
        }
    }
    let model = cache.join(format!("models--{}", name.replace('/', "--")));
    let fault = |place: &Path, problem: &str| {
        let mend = "download the model with the hub's tools, or set HF_HOME to the folder that has it";
        ModelError::new(place.display().to_string(), problem, mend)
    };
    if !model.is_dir() {
        return Err(fault(&model, "is not there: the model is not in the cache"));
    }
    let reference = model.join("refs").join(revision);
    let commit = if reference.is_file() {
        String::from_utf8_lossy(&file::read(&reference)?).trim().to_owned()
    } else {
        revision.to_owned()
    };
    let snapshot = model.join("snapshots").join(&commit);
    // A commit is hexadecimal: what a damaged reference holds must not lead elsewhere.
    if commit.is_empty() || !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) || !snapshot.is_dir() {
        let problem = format!("has no snapshot of revision {revision}");
        return Err(fault(&model, &problem));
    }
    Ok(snapshot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_followed_to_its_snapshot() {
        let cache = tempfile::tempdir().unwrap();
        let model = cache.path().join("models--org--name");
        let snapshot = model.join("snapshots/abc123");
        std::fs::create_dir_all(&snapshot).unwrap();
        std::fs::create_dir_all(model.join("refs/refs/pr")).unwrap();
        std::fs::write(model.join("refs/main"), "abc123\n").unwrap();
        std::fs::write(model.join("refs/refs/pr/1"), "abc123").unwrap();
        std::fs::write(model.join("refs/bad"), "../..").unwrap();
        std::fs::write(model.join("refs/gone"), "def").unwrap();
        for revision in [None, Some("main"), Some("abc123"), Some("refs/pr/1")] {
            assert_eq!(hub_model_in(cache.path(), "org/name", revision).unwrap(), snapshot);
        }
        for (name, revision, named) in [
            ("org/other", None, "models--org--other"),
            ("org/name", Some("bad"), "revision bad"),
            ("org/name", Some("gone"), "revision gone"),
            ("org/name", Some("v2"), "revision v2"),
            ("../name", None, "its name"),
            ("org/name", Some("../main"), "its revision"),
        ] {
            let error = hub_model_in(cache.path(), name, revision).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
