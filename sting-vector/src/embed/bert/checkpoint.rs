//! The tensors of a checkpoint: one safetensors file, or several with an index.

use std::path::{Component, Path, PathBuf};

use candle_core::safetensors::BufferedSafetensors;
use candle_core::{DType, Device};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use sting_core::Id;
use sting_core::id::IdHasher;
use sting_core::model::ModelError;

use super::folder::{fault, required};
use super::weights::Linear;
use crate::embed::file;

const FILE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// Tensors that are checked when they are taken out.
pub(super) struct Checkpoint {
    parts: Vec<Part>,
    /// The part that holds each tensor; empty if there is only one.
    places: FxHashMap<String, usize>,
    id: Id,
}

struct Part {
    path: PathBuf,
    file: BufferedSafetensors,
}

/// Large models are saved in parts, with a list of which part holds which tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: FxHashMap<String, String>,
}

impl Checkpoint {
    pub(super) fn open(folder: &Path) -> Result<Self, ModelError> {
        let (file, index) = (folder.join(FILE), folder.join(INDEX));
        if !file.exists() && index.exists() {
            return Self::open_parts(folder, &index);
        }
        if !file.exists() && folder.join("pytorch_model.bin").exists() {
            let mend =
                "save the model with safe_serialization=True, or take it from a repository that has the file";
            return Err(fault(&file, "is missing; pytorch_model.bin cannot be read", mend));
        }
        let (part, id) = Part::open(file)?;
        Ok(Self { parts: vec![part], places: FxHashMap::default(), id })
    }

    fn open_parts(folder: &Path, index: &Path) -> Result<Self, ModelError> {
        let Index { weight_map } = required(index)?;
        let mut names: Vec<&String> = weight_map.values().collect();
        names.sort_unstable();
        names.dedup();
        let mut parts = Vec::new();
        let mut hasher = IdHasher::default();
        for name in &names {
            if !matches!(Path::new(name).components().collect::<Vec<_>>()[..], [Component::Normal(_)]) {
                return Err(fault(
                    index,
                    "names a part outside the folder",
                    "use names of files in the folder",
                ));
            }
            let (part, id) = Part::open(folder.join(name))?;
            hasher.field(id.as_bytes());
            parts.push(part);
        }
        let place = |name: &String| names.binary_search(&name).unwrap_or_default();
        let places = weight_map.iter().map(|(tensor, name)| (tensor.clone(), place(name))).collect();
        if parts.is_empty() {
            return Err(fault(index, "lists no tensors", "copy the file again from the model's repository"));
        }
        Ok(Self { parts, places, id: hasher.finish() })
    }

    /// Of the files' bytes.
    pub(super) fn id(&self) -> Id {
        self.id
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.part(name).file.get(name).is_ok()
    }

    /// Rows of a tensor of two dimensions.
    pub(super) fn rows(&self, name: &str) -> Option<usize> {
        match self.part(name).file.get(name).ok()?.shape() {
            &[rows, _] => Some(rows),
            _ => None,
        }
    }

    fn part(&self, name: &str) -> &Part {
        &self.parts[self.places.get(name).copied().unwrap_or_default()]
    }

    pub(super) fn missing(&self, name: &str) -> ModelError {
        let problem = format!("tensor {name} is missing");
        fault(&self.part(name).path, problem, "use a model of the architecture that config.json names")
    }

    pub(super) fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear, ModelError> {
        Ok(Linear {
            outputs,
            inputs,
            weight: self.tensor(&format!("{name}.weight"), &[outputs, inputs])?,
            bias: self.tensor(&format!("{name}.bias"), &[outputs])?,
        })
    }

    /// The numbers of a tensor, which must have this shape and be finite.
    pub(super) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let Part { path, file } = self.part(name);
        let view = file.get(name).map_err(|_| self.missing(name))?;
        if view.shape() != shape {
            let problem =
                format!("tensor {name} has shape {:?}, config.json asks for {shape:?}", view.shape());
            return Err(fault(path, problem, "copy both files again from one revision of the model"));
        }
        let numbers = file
            .load(name, &Device::Cpu)
            .and_then(|tensor| tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>());
        let numbers = numbers.map_err(|error| {
            let problem = format!("tensor {name} cannot be read ({error})");
            fault(path, problem, "save the model with f32, f16 or bf16 weights")
        })?;
        if let Some(at) = numbers.iter().position(|number| !number.is_finite()) {
            let problem = format!("tensor {name} holds a number that is not finite, at {at}");
            return Err(fault(path, problem, "copy the file again, or train the model again"));
        }
        Ok(numbers)
    }
}

impl Part {
    fn open(path: PathBuf) -> Result<(Self, Id), ModelError> {
        let bytes = file::read(&path)?;
        let id = Id::of([&bytes]);
        let file = BufferedSafetensors::new(bytes).map_err(|error| {
            let problem = format!("is not a safetensors file ({error})");
            fault(&path, problem, "copy the file again from the model's repository")
        })?;
        Ok((Self { path, file }, id))
    }
}
