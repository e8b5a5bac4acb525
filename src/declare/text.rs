//! From the bytes of a file to text that may be parsed: size, encoding, characters that hide something.

use std::sync::Arc;

use super::Source;
use crate::finding::{Finding, Origin};

/// The largest file that is parsed. A declaration is written by people; what is larger is something else.
pub(crate) const BYTES_MAX: usize = 1 << 20;

/// The text of a file; a finding says why there is none.
pub(super) fn read<'a>(source: &'a Source, findings: &mut Vec<Finding>) -> Option<&'a str> {
    if source.bytes.len() > BYTES_MAX {
        findings.push(Finding::error(
            "IDAC103",
            &Origin::start_of(&source.shown),
            format!("the file has more than {BYTES_MAX} bytes, and is not read"),
            "split it into several files, or move it out of the identity root",
        ));
        return None;
    }
    let text = match std::str::from_utf8(&source.bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            findings.push(Finding::error(
                "IDAC101",
                &place(&source.bytes, at, &source.shown),
                format!(
                    "the file is not UTF-8: byte {} is not part of a character",
                    at + 1
                ),
                "save the file as UTF-8",
            ));
            return None;
        }
    };
    let Some((at, char)) = hidden(text) else {
        return Some(text);
    };
    findings.push(Finding::error(
        "IDAC112",
        &place(&source.bytes, at, &source.shown),
        format!("the file has the invisible character U+{:04X}", char as u32),
        "remove the character; in a quoted text write it as an escape, such as \"\\u00AD\"",
    ));
    None
}

/// The first control character that YAML does not allow, or character that reorders what people read.
fn hidden(text: &str) -> Option<(usize, char)> {
    let is_plain = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    if text.as_bytes().iter().all(is_plain) {
        return None;
    }
    text.char_indices().find(|(_, char)| {
        char.is_control() && !matches!(char, '\t' | '\n' | '\r' | '\u{85}')
            || matches!(char, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    })
}

/// The place of a byte before which everything is UTF-8.
fn place(bytes: &[u8], at: usize, shown: &Arc<str>) -> Origin {
    let before = &bytes[..at];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let is_start_of_char = |byte: &&u8| **byte & 0xC0 != 0x80;
    Origin {
        file: shown.clone(),
        line: count(before.iter().filter(|byte| **byte == b'\n').count() + 1),
        column: count(
            bytes[line_start..at]
                .iter()
                .filter(is_start_of_char)
                .count()
                + 1,
        ),
        length: 1,
    }
}

/// A count of something in a file that is at most [`BYTES_MAX`] long.
pub(super) fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
