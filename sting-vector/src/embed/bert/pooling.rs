//! From the vectors of a text's tokens to that of the text: pooling, then the dense layers that some models have.

use std::path::Path;

use serde_json::Value;
use sting_core::Id;
use sting_core::model::ModelError;

use super::checkpoint::Checkpoint;
use super::folder::{fault, required};
use super::weights::Linear;
use crate::embed::normalize;

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooling {
    Mean,
    /// The vector of the first token.
    First,
    Max,
}

/// What is done to a pooled vector. The last thing is always to bring it to unit length.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Dense(Dense),
    Normalize,
}

/// A linear layer with its activation.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    linear: Linear,
    activation: Activation,
    id: Id,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activation {
    Identity,
    Tanh,
    Relu,
    Gelu,
    Sigmoid,
}

impl Pooling {
    pub(super) fn read(path: &Path) -> Result<Self, ModelError> {
        let file: serde_json::Map<String, Value> = required(path)?;
        let of_mode = |name: &str| match name {
            "mean" | "mean_tokens" => Some(Self::Mean),
            "cls" | "cls_token" => Some(Self::First),
            "max" | "max_tokens" => Some(Self::Max),
            _ => None,
        };
        if file.get("include_prompt").and_then(Value::as_bool) == Some(false) {
            return Err(fault(
                path,
                "include_prompt false is not supported",
                "use a model that pools its prompt too",
            ));
        }
        let flagged = file.iter().filter(|(_, value)| value.as_bool() == Some(true));
        let flagged = flagged.filter_map(|(key, _)| key.strip_prefix("pooling_mode_"));
        let named = file.get("pooling_mode").and_then(Value::as_str);
        let modes: Vec<&str> = flagged.chain(named).collect();
        match modes[..] {
            [] => Ok(Self::Mean),
            [mode] => of_mode(mode).ok_or_else(|| {
                let problem = format!("pooling {mode} is not supported");
                fault(path, problem, "use a model with mean, cls or max pooling")
            }),
            _ => Err(fault(path, "asks for several poolings at once", "use a model with one of them")),
        }
    }

    /// Writes the vector of a text, from those of its tokens.
    pub(super) fn pool(self, tokens: &[f32], vector: &mut [f32]) {
        let count = tokens.len() / vector.len();
        let mut tokens = tokens.chunks_exact(vector.len());
        if let Some(first) = tokens.next() {
            vector.copy_from_slice(first);
        }
        match self {
            Self::First => {}
            Self::Mean => {
                tokens.for_each(|token| combine(vector, token, |a, b| a + b));
                for x in vector {
                    *x /= count as f32;
                }
            }
            Self::Max => tokens.for_each(|token| combine(vector, token, f32::max)),
        }
    }
}

fn combine(vector: &mut [f32], token: &[f32], of: impl Fn(f32, f32) -> f32) {
    for (x, &y) in vector.iter_mut().zip(token) {
        *x = of(*x, y);
    }
}

impl Step {
    pub(super) fn apply(&self, vector: Vec<f32>) -> Vec<f32> {
        match self {
            Self::Dense(dense) => dense.apply(&vector),
            Self::Normalize => {
                let mut vector = vector;
                normalize(&mut vector);
                vector
            }
        }
    }

    pub(super) fn outputs(&self) -> Option<usize> {
        match self {
            Self::Dense(dense) => Some(dense.linear.outputs),
            Self::Normalize => None,
        }
    }

    /// What tells this step from others.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Dense(dense) => format!("{:?} {}", dense.activation, dense.id),
            Self::Normalize => "normalize".to_owned(),
        }
    }
}

impl Dense {
    /// Reads the folder of a module that takes vectors of `width` numbers.
    pub(super) fn read(folder: &Path, width: usize) -> Result<Self, ModelError> {
        let path = folder.join("config.json");
        let file: serde_json::Map<String, Value> = required(&path)?;
        let size = |name: &str| {
            let size = file.get(name).and_then(Value::as_u64).filter(|&n| n > 0 && n < 1 << 24);
            size.map(|n| n as usize).ok_or_else(|| {
                let problem = format!("{name} is missing or not a size");
                fault(&path, problem, "copy the file again from the model's repository")
            })
        };
        let (inputs, outputs) = (size("in_features")?, size("out_features")?);
        if inputs != width {
            let problem = format!("in_features is {inputs}, but the module before gives {width} numbers");
            return Err(fault(&path, problem, "copy the folder again from one revision of the model"));
        }
        let activation = file.get("activation_function").and_then(Value::as_str).unwrap_or("Tanh");
        let activation = match activation.rsplit('.').next().unwrap_or_default() {
            "Identity" => Activation::Identity,
            "Tanh" => Activation::Tanh,
            "ReLU" => Activation::Relu,
            "GELU" => Activation::Gelu,
            "Sigmoid" => Activation::Sigmoid,
            other => {
                let problem = format!("activation_function {other} is not supported");
                return Err(fault(&path, problem, "use a model with Identity, Tanh, ReLU, GELU or Sigmoid"));
            }
        };
        let checkpoint = Checkpoint::open(folder)?;
        let linear = match file.get("bias").and_then(Value::as_bool) {
            Some(false) => Linear {
                outputs,
                inputs,
                weight: checkpoint.tensor("linear.weight", &[outputs, inputs])?,
                bias: vec![0.0; outputs],
            },
            _ => checkpoint.linear("linear", outputs, inputs)?,
        };
        Ok(Self { linear, activation, id: checkpoint.id() })
    }

    fn apply(&self, vector: &[f32]) -> Vec<f32> {
        let activate = |x: f32| match self.activation {
            Activation::Identity => x,
            Activation::Tanh => x.tanh(),
            Activation::Relu => x.max(0.0),
            Activation::Gelu => crate::kernel::rows::gelu::<false>(x),
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        };
        self.linear.apply(vector).map(activate).collect()
    }
}
