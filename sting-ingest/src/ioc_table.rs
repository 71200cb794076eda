//! Sets of indicators in files that are read where they lie.

use crate::Error;
use crate::manifest::write_whole;
use memmap2::Mmap;
use std::fs::File;
use std::path::Path;
use sting_core::ioc::Iocs;

/// Saves a set of indicators for [`open_iocs`]: whole or not at all, and never into a file that somebody has open.
///
/// # Errors
/// [`Error::Io`] if the file cannot be written.
pub fn save_iocs(known: &mut Iocs, path: &Path) -> Result<(), Error> {
    write_whole(path, &known.to_pieces())
}

/// Opens what [`save_iocs`] wrote, without reading it into memory: the file is mapped, its pages are shared by all processes that
/// open it, and the system takes them back when it needs memory. Opening checks every byte once, about a second for two gigabytes.
///
/// While a set is in use its file may be replaced, by [`save_iocs`] or another rename, but must not be written into: what a
/// process sees of such a change is not defined, and it dies if the file becomes shorter. Where that cannot be promised, read the
/// file and hand the bytes to [`Iocs::from_bytes`].
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::State`] if it is no such table, of another version, or damaged.
pub fn open_iocs(path: &Path) -> Result<Iocs, Error> {
    let file = File::open(path).map_err(Error::io("opening a table of indicators failed", path))?;
    #[allow(unsafe_code)]
    // SAFETY: the map is read-only, and `save_iocs` never writes into a file that exists. That nobody else does is asked of the caller.
    let bytes =
        unsafe { Mmap::map(&file) }.map_err(Error::io("mapping a table of indicators failed", path))?;
    Iocs::from_bytes(bytes).map_err(|error| match error {
        sting_core::Error::State { problem, mend, .. } => {
            Error::State { path: path.to_owned(), problem, mend: mend.to_owned() }
        }
        error => Error::Core(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sting_core::ioc::{Attributes, IocKind};
    use tempfile::TempDir;

    /// The map and a buffer are two ways to the same answers.
    #[test]
    fn a_mapped_table_answers_like_one_in_memory_and_can_be_replaced() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("known.ioc");
        let mut known = Iocs::default();
        for n in 0..5000u32 {
            let address = std::net::Ipv4Addr::from_bits(0x0b00_0000 + n * 7919).to_string();
            known
                .add(IocKind::Ipv4, &address, &Attributes { last_seen: Some(n), ..Attributes::default() })
                .unwrap();
        }
        save_iocs(&mut known, &path).unwrap();
        let mapped = open_iocs(&path).unwrap();
        let read = Iocs::from_bytes(std::fs::read(&path).unwrap()).unwrap();
        let check = |mapped: &Iocs| {
            for n in 0..10_000u32 {
                let address = std::net::Ipv4Addr::from_bits(0x0b00_0000 + n * 7919).to_string();
                assert_eq!(mapped.get(IocKind::Ipv4, &address), read.get(IocKind::Ipv4, &address));
            }
        };
        check(&mapped);
        assert!(mapped.memory() < 1000);
        save_iocs(&mut Iocs::default(), &path).unwrap();
        check(&mapped);
        assert!(open_iocs(&path).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_table_is_told_with_its_name() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("known.ioc");
        for content in [&b""[..], b"203.0.113.7 hunter2", b"STINGIOC hunter2"] {
            std::fs::write(&path, content).unwrap();
            let error = open_iocs(&path).unwrap_err();
            assert!(matches!(error, Error::State { .. } | Error::Io { .. }));
            let text = error.to_string();
            assert!(text.contains("known.ioc") && !text.contains("hunter2"), "{text}");
        }
        assert!(matches!(open_iocs(&folder.path().join("none")), Err(Error::Io { .. })));
    }
}
