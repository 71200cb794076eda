//! Work on a thread of the pool, behind a promise.

use napi::bindgen_prelude::{AsyncTask, ToNapiValue, TypeName};
use napi::{Env, Result, Task};

type Work<T> = Box<dyn FnOnce() -> Result<T> + Send>;

/// One call, to be made on a thread of the pool.
pub struct Job<T>(Option<Work<T>>);

/// A promise of what `work` returns.
pub fn promise<T>(work: impl FnOnce() -> Result<T> + Send + 'static) -> AsyncTask<Job<T>>
where
    T: ToNapiValue + TypeName + Send + 'static,
{
    AsyncTask::new(Job(Some(Box::new(work))))
}

impl<T: ToNapiValue + TypeName + Send + 'static> Task for Job<T> {
    type Output = T;
    type JsValue = T;

    fn compute(&mut self) -> Result<T> {
        let work =
            self.0.take().ok_or_else(|| crate::error::fault("internal", "a task ran twice; report this"))?;
        work()
    }

    fn resolve(&mut self, _: Env, output: T) -> Result<T> {
        Ok(output)
    }
}
