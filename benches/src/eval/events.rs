//! Events: rules on the recordings of their authors, templates on labelled logs, anomaly scores by NAB's own rules, and the
//! classifier with its router on campaigns and on alerts.

mod campaigns;
mod logs;
mod nab;
mod recordings;
mod series;

use crate::job::Failure;

pub(super) fn run() -> Result<(), Failure> {
    println!("# events: quality\n");
    recordings::run()?;
    logs::run()?;
    series::run()?;
    campaigns::run()
}
