//! Names with dots in them: of hosts and of files.

use super::super::IocKind;
use super::super::host::is_domain;
use super::{Run, lower, pieces_with};
use crate::Span;
use std::borrow::Cow;

/// Endings of files that run or that carry code.
const CODE: [&str; 36] = [
    "bat", "chm", "cmd", "cpl", "dll", "docm", "dotm", "elf", "exe", "hta", "img", "iso", "jar", "js", "jse",
    "lnk", "msc", "msi", "pif", "pptm", "ps1", "psm1", "reg", "scr", "sct", "sh", "sys", "vbe", "vbs", "vhd",
    "vhdx", "wsf", "wsh", "xlam", "xlsm", "xltm",
];

/// The same as numbers, which are compared many at once.
const ENDINGS: [u32; CODE.len()] = {
    let mut endings = [0; CODE.len()];
    let mut at = 0;
    while at < CODE.len() {
        endings[at] = packed(CODE[at].as_bytes());
        at += 1;
    }
    endings
};

/// An ending of at most four bytes, in lower case, as a number.
const fn packed(ending: &[u8]) -> u32 {
    let (mut number, mut at) = (0, 0);
    while at < ending.len() {
        number = number << 8 | ending[at].to_ascii_lowercase() as u32;
        at += 1;
    }
    number
}

impl<F: FnMut(IocKind, Cow<'_, str>, Span)> Run<'_, F> {
    /// Domains and files.
    pub(super) fn names(&mut self, text: &str) {
        let bytes = text.as_bytes();
        for (start, piece) in
            pieces_with(text, b'.', |byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        {
            let lead = piece.len() - piece.trim_start_matches(['.', '-', '_']).len();
            let name = piece[lead..].trim_end_matches(['.', '-', '_']);
            let start = start + lead;
            let in_mail =
                start > 0 && bytes[start - 1] == b'@' || bytes.get(start + name.len()) == Some(&b'@');
            if in_mail || self.file(name, start) {
                continue;
            }
            let domain = lower(name);
            if is_domain(name, &domain, self.places.was_defanged()) && !self.extractor.leaves_out(&domain) {
                self.report(IocKind::Domain, domain, start, start + name.len());
            }
        }
    }

    /// Reports the name of a file with code in it, and says whether it is one.
    pub(super) fn file(&mut self, name: &str, start: usize) -> bool {
        let Some(dot) = name.bytes().rposition(|byte| byte == b'.') else { return false };
        let (stem, ending) = (&name[..dot], &name[dot + 1..]);
        let is_file = (2..=4).contains(&ending.len())
            && ENDINGS.contains(&packed(ending.as_bytes()))
            && !stem.trim_matches('.').is_empty()
            // `T1059.sh` is not how anybody writes a technique, but `example.sh` with a defanged dot is a host.
            && !(self.places.was_defanged() && ending.eq_ignore_ascii_case("sh"));
        if is_file {
            self.report(IocKind::FileName, Cow::Borrowed(name), start, start + name.len());
        }
        is_file
    }
}
