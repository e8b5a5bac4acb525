//! The journal of a run, kept in a file.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::execute::{Entry, Journal, JournalError};
use crate::ledger::{LedgerError, LineLog};

/// A journal that outlives the process.
#[derive(Debug)]
pub struct KeptJournal {
    log: LineLog,
    entries: Vec<Entry>,
    age: Age,
}

/// Whether a journal was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    New,
    Continued,
}

/// The first line: a journal is only of use to the run that began it, and to whoever recovers that run.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    schema: u32,
    intent: String,
}

/// The version of the form that this idac writes.
const SCHEMA: u32 = 1;

impl KeptJournal {
    /// The journal of the run whose intent has this nonce. A run opens it before it takes the tenant, so that a
    /// recovery that does not find it knows that it was lost.
    pub fn open(folder: &Path, nonce: &str) -> Result<KeptJournal, LedgerError> {
        // Text of the caller's does not become a file name as it is.
        let name = Digest::of_bytes(nonce.as_bytes());
        let path = folder.join(format!("{}.log", name.short()));
        let (mut log, lines) = LineLog::open(&path)?;
        let head = Head {
            schema: SCHEMA,
            intent: nonce.to_owned(),
        };
        let Some((first, rest)) = lines.split_first() else {
            log.append(&to_line(&head))?;
            return Ok(KeptJournal {
                log,
                entries: Vec::new(),
                age: Age::New,
            });
        };
        let is_ours = serde_json::from_str(first).is_ok_and(|found: Head| found == head);
        let entries = rest
            .iter()
            .map(|line| serde_json::from_str::<Vec<Entry>>(line))
            .collect::<Result<Vec<_>, _>>();
        match entries {
            Ok(entries) if is_ours => Ok(KeptJournal {
                log,
                entries: entries.concat(),
                age: Age::Continued,
            }),
            Ok(_) | Err(_) => Err(LedgerError::Damaged {
                place: path.display().to_string(),
                why: "is not the journal of this run".to_owned(),
                remedy: "move it elsewhere and run `idac recover`, which then asks the tenant",
            }),
        }
    }

    /// Whether it was there before it was opened.
    pub fn age(&self) -> Age {
        self.age
    }
}

impl KeptJournal {
    /// Entries that are recorded together stand in one line: they are there all or none.
    fn keep(&mut self, entries: Vec<Entry>) -> Result<(), JournalError> {
        self.log
            .append(&to_line(&entries))
            .map_err(|error| JournalError {
                why: error.to_string(),
            })?;
        self.entries.extend(entries);
        Ok(())
    }
}

impl Journal for KeptJournal {
    fn entries(&self) -> Vec<Entry> {
        self.entries.clone()
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.keep(vec![entry])
    }

    fn record_all(&mut self, entries: Vec<Entry>) -> Result<(), JournalError> {
        match entries.is_empty() {
            true => Ok(()),
            false => self.keep(entries),
        }
    }
}

fn to_line<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value)
        .unwrap_or_else(|error| panic!("bug: a journal entry cannot be written as JSON: {error}"))
}
