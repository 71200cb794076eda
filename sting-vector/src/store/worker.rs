//! The thread of a store that seals, merges and indexes, so that nobody has to.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, JoinHandle};

use crate::collection::{Core, maintenance};

/// Starts the thread when there is something to do, and joins it when the store is closed or the
/// last handle of it is gone. Handles hold the worker, and the worker holds a collection only while
/// it works on it, so that nothing of a store outlives its handles.
#[derive(Debug, Default)]
pub(crate) struct Worker {
    thread: Mutex<Option<Thread>>,
    is_stopping: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Thread {
    due: Sender<Weak<Core>>,
    handle: JoinHandle<()>,
}

impl Worker {
    fn thread(&self) -> MutexGuard<'_, Option<Thread>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a collection looked after.
    pub(crate) fn tell(&self, core: &Arc<Core>) {
        let mut thread = self.thread();
        let is_due = |core: &Arc<Core>| core.maintenance.is_due.swap(true, Ordering::AcqRel);
        if self.is_stopping.load(Ordering::Acquire) || is_due(core) {
            return;
        }
        if thread.is_none() {
            let (due, inbox) = mpsc::channel::<Weak<Core>>();
            let is_stopping = Arc::clone(&self.is_stopping);
            let work = move || {
                for core in inbox {
                    if let Some(core) = core.upgrade() {
                        core.maintenance.is_due.store(false, Ordering::Release);
                        maintenance::run(&core, &|| is_stopping.load(Ordering::Acquire));
                    }
                }
            };
            // Without a thread, the next write tries again; until then searches scan and logs grow.
            let started = thread::Builder::new().name("sting-store".into()).spawn(work);
            *thread = started.ok().map(|handle| Thread { due, handle });
        }
        let is_told = thread.as_ref().is_some_and(|thread| thread.due.send(Arc::downgrade(core)).is_ok());
        core.maintenance.is_due.store(is_told, Ordering::Release);
    }

    /// Ends the thread, and waits until it has: at most for what it can put away safely.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        let thread = self.thread().take();
        if let Some(Thread { due, handle }) = thread {
            drop(due);
            let _ = handle.join();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}
