//! What idac has to say about a place in the identity root: a `Finding` with its code, place and remedy.

mod codes;

pub use codes::{CODES, Code, code};

use std::sync::Arc;

use serde::Serialize;

/// A place in a file. Lines and columns count from 1; columns and `length` count characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Origin {
    /// The file's path as people wrote or see it.
    pub file: Arc<str>,
    pub line: u32,
    pub column: u32,
    /// How many characters the place covers; at least 1.
    pub length: u32,
}

impl Origin {
    /// The beginning of a file: for what is about the whole of it.
    pub fn start_of(file: &str) -> Origin {
        Origin {
            file: Arc::from(file),
            line: 1,
            column: 1,
            length: 1,
        }
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; changes nothing.
    Note,
    /// Worth a look; does not stop an apply.
    Warning,
    /// Stops everything that would write.
    Error,
}

/// One thing that a person should know, at the place where they can do something about it.
///
/// The message is one sentence in the present tense without a full stop; the remedy is imperative.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    pub origin: Origin,
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
    /// What stands under the place: `did you mean …?`, or what was expected.
    pub label: Option<String>,
    pub remedy: String,
}

impl Finding {
    /// A finding that stops everything that would write.
    pub fn error(code: &'static str, origin: &Origin, message: String, remedy: &str) -> Finding {
        Finding::new(Severity::Error, code, origin, message, remedy)
    }

    /// A finding that is worth a look.
    pub fn warning(code: &'static str, origin: &Origin, message: String, remedy: &str) -> Finding {
        Finding::new(Severity::Warning, code, origin, message, remedy)
    }

    /// A finding that is good to know.
    pub fn note(code: &'static str, origin: &Origin, message: String, remedy: &str) -> Finding {
        Finding::new(Severity::Note, code, origin, message, remedy)
    }

    fn new(
        severity: Severity,
        code: &'static str,
        origin: &Origin,
        message: String,
        remedy: &str,
    ) -> Finding {
        Finding {
            origin: origin.clone(),
            code,
            severity,
            message,
            label: None,
            remedy: remedy.to_owned(),
        }
    }

    /// The same finding with a text under its place.
    pub fn with_label(mut self, label: String) -> Finding {
        self.label = Some(label);
        self
    }

    /// The same finding with the nearest of `known` names as its label, where one is near.
    pub fn with_suggestion<'a>(
        self,
        written: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Finding {
        match nearest(written, known) {
            Some(name) => self.with_label(format!("did you mean `{name}`?")),
            None => self,
        }
    }
}

/// The name that is most like the one written, if any is like it at all; ties go to the first in text order.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| {
            (
                strsim::damerau_levenshtein(&lower, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, name)| *distance <= 1.max(name.chars().count().min(written.len()) / 3))
        .min()
        .map(|(_, name)| name)
}

/// Whether any of the findings stops everything that would write.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}

/// Puts findings in the order in which people read them, by place, and each once.
pub fn sort(findings: &mut Vec<Finding>) {
    findings.sort();
    findings.dedup();
}
