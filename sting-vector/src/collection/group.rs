//! One sync for the batches of many threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Core;
use crate::Error;

/// Who waits for what to be durable.
#[derive(Debug, Default)]
pub(super) struct Group {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Records before this sequence number are durable.
    durable: u64,
    /// Whether one of the threads syncs for all.
    is_syncing: bool,
}

impl Group {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the records before a sequence number are durable. The first thread that comes
    /// syncs for all that have written by then; those that come meanwhile share the next sync.
    pub(super) fn wait(&self, core: &Core, sequence: u64) -> Result<(), Error> {
        let mut state = self.state();
        loop {
            if state.durable >= sequence {
                return Ok(());
            }
            if !state.is_syncing {
                break;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.is_syncing = true;
        drop(state);
        let synced = sync(core);
        let mut state = self.state();
        state.is_syncing = false;
        if let Ok(durable) = synced {
            state.durable = state.durable.max(durable);
        }
        self.changed.notify_all();
        synced.map(drop)
    }
}

/// Makes all that is logged by now durable, without keeping writers from logging more. Returns the
/// sequence number before which all is.
fn sync(core: &Core) -> Result<u64, Error> {
    let (syncer, end) = {
        let writer = core.writer();
        (writer.syncer()?, writer.end())
    };
    if let Some(syncer) = syncer {
        let result = syncer.sync();
        core.writer().synced(result, end)?;
    }
    Ok(end.sequence)
}
