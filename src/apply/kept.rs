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
    history: History,
}

/// Whether the journal is that of the run itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum History {
    /// The run began it before it took the tenant: it has everything that the run did.
    Whole,
    /// Whoever recovered the run began it, since the run's own was not there.
    Lost,
}

/// The first line: a journal is only of use to the run that began it, and to whoever recovers that run.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    schema: u32,
    intent: String,
    history: History,
}

/// The version of the form that this idac writes.
const SCHEMA: u32 = 1;

impl KeptJournal {
    /// The journal of a run that is about to take the tenant with this nonce. It has to be there before the intent
    /// is, so that a recovery that does not find it knows that it was lost.
    pub fn begin(folder: &Path, nonce: &str) -> Result<KeptJournal, LedgerError> {
        KeptJournal::open(folder, nonce, History::Whole)
    }

    /// The journal of the run to recover, whose intent has this nonce.
    pub fn resume(folder: &Path, nonce: &str) -> Result<(KeptJournal, History), LedgerError> {
        let journal = KeptJournal::open(folder, nonce, History::Lost)?;
        let history = journal.history;
        Ok((journal, history))
    }

    fn open(folder: &Path, nonce: &str, history: History) -> Result<KeptJournal, LedgerError> {
        // Text of the caller's does not become a file name as it is.
        let name = Digest::of_bytes(nonce.as_bytes());
        let path = folder.join(format!("{}.log", name.short()));
        let (mut log, lines) = LineLog::open(&path)?;
        let Some((head, rest)) = lines.split_first() else {
            log.append(&to_line(&Head {
                schema: SCHEMA,
                intent: nonce.to_owned(),
                history,
            }))?;
            return Ok(KeptJournal {
                log,
                entries: Vec::new(),
                history,
            });
        };
        let head = serde_json::from_str::<Head>(head)
            .ok()
            .filter(|head| head.schema == SCHEMA && head.intent == nonce);
        let entries = rest
            .iter()
            .map(|line| serde_json::from_str::<Vec<Entry>>(line).ok())
            .collect::<Option<Vec<_>>>();
        match (head, entries) {
            (Some(head), Some(entries)) => Ok(KeptJournal {
                log,
                entries: entries.concat(),
                history: head.history,
            }),
            (Some(_) | None, Some(_) | None) => Err(LedgerError::Damaged {
                place: path.display().to_string(),
                why: "is not the journal of this run".to_owned(),
                remedy: "move it elsewhere and run `idac recover`, which then asks the tenant",
            }),
        }
    }
}

impl Journal for KeptJournal {
    fn entries(&self) -> Vec<Entry> {
        self.entries.clone()
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        self.record_all(vec![entry])
    }

    /// Entries that are recorded together stand in one line: they are there all or none.
    fn record_all(&mut self, entries: Vec<Entry>) -> Result<(), JournalError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.log
            .append(&to_line(&entries))
            .map_err(|error| JournalError {
                why: error.to_string(),
            })?;
        self.entries.extend(entries);
        Ok(())
    }
}

fn to_line<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value)
        .unwrap_or_else(|error| panic!("bug: a journal entry cannot be written as JSON: {error}"))
}
