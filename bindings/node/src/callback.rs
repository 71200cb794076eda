//! A function of JavaScript's as an action.

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Env, Result, sys};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use sting_pii::{Action, Callback};

/// Value and kind.
type Arguments = FnArgs<(String, String)>;

/// What `function` returns for a value and its kind takes the value's place.
///
/// A function of JavaScript's runs on the thread it was made on. There, in the forms of calls that end in `Sync`, it is
/// called at once; from a thread of the pool it is sent to the event loop and waited for. What it throws is not passed
/// on, because it may hold the value; a promise is no text, and so an error.
pub(crate) fn action(env: &Env, kind: &str, function: &Function<'_, Arguments, String>) -> Result<Action> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Another function is another setting, which the id of the configuration must show.
    let name = format!("function {} of {kind}", NEXT.fetch_add(1, Ordering::Relaxed));
    let here = thread::current().id();
    let env = env.raw() as usize;
    let local = function.create_ref()?;
    // Weak, so that a scrubber does not keep the program alive.
    let remote = function.build_threadsafe_function().weak::<true>().build()?;
    Ok(Action::Call(Callback::new(name, move |value, kind| {
        let arguments = FnArgs::from((value.to_owned(), kind.to_owned()));
        let answer = if thread::current().id() == here {
            local
                .borrow_back(&Env::from_raw(env as sys::napi_env))
                .and_then(|function| function.call(arguments))
        } else {
            let (sender, receiver) = mpsc::channel();
            let mode = ThreadsafeFunctionCallMode::NonBlocking;
            remote.call_with_return_value(arguments, mode, move |answer, _| {
                // Nobody waits any more if the call was given up.
                let _ = sender.send(answer);
                Ok(())
            });
            receiver.recv().map_err(|_| "the event loop has ended")?
        };
        answer.map_err(|_| "the function failed".into())
    })))
}
