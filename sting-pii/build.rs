//! Turns `catalog/*.toml` into one JSON array, so that a program that embeds the crate parses no
//! TOML and the built-in rows go through the same reader as a user's own.
//!
//! Examples are left out: they are needed by tests, which read the TOML, and a binary should not
//! carry a page of sample secrets.

use std::error::Error;
use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=catalog");
    let mut paths: Vec<_> =
        fs::read_dir("catalog")?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();

    let mut rows = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path)?;
        let mut file: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| format!("{}: {}", path.display(), error.message()))?;
        let Some(toml::Value::Array(detectors)) = file.remove("detector") else {
            return Err(format!("{}: no [[detector]] in it", path.display()).into());
        };
        for mut row in detectors {
            if let Some(table) = row.as_table_mut() {
                table.remove("examples");
                table.remove("counter_examples");
            }
            rows.push(serde_json::to_value(row)?);
        }
    }
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("catalog.json"), serde_json::to_vec(&rows)?)?;
    Ok(())
}
