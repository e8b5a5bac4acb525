//! A ledger in a folder: one file a record, `000001.json` and so on.
//!
//! A record is written to a temporary file, synced, and then given its name by a hard link, which fails when the
//! name is taken. So a record is there whole or not at all, and of two writers of one number one loses. Names that
//! begin with a dot are no records: temporary files, and one file a run that is locked while the run is at work.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::record::{Record, Sealed, damaged};
use super::{Ledger, LedgerError, Life, Presence, Shown, lost};
use crate::digest::Digest;

/// A ledger in a folder: one file a record.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The ledger in this folder, which need not exist yet.
    pub fn open(path: &Path) -> Folder {
        Folder {
            path: path.to_owned(),
        }
    }

    /// The number of the newest record; 0 for none. No record in between may be missing.
    fn newest(&self) -> Result<u64, LedgerError> {
        let entries = match fs::read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(failed("read", &self.path, &error)),
        };
        let mut epochs = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed("read", &self.path, &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            match epoch_of(&name) {
                Some(epoch) => epochs.push(epoch),
                None => {
                    return Err(LedgerError::Damaged {
                        place: shown(&entry.path()),
                        why: "is no record".to_owned(),
                        remedy: "move it elsewhere",
                    });
                }
            }
        }
        epochs.sort_unstable();
        let newest = epochs.last().copied().unwrap_or(0);
        let mut listed = epochs.into_iter().peekable();
        for epoch in 1..=newest {
            // A name that was added while the folder was listed may be left out although a later one is not.
            if listed.next_if_eq(&epoch).is_none() && !self.file_of(epoch).exists() {
                return Err(damaged(&shown(&self.file_of(epoch)), "is missing"));
            }
        }
        Ok(newest)
    }

    fn file_of(&self, epoch: u64) -> PathBuf {
        self.path.join(format!("{epoch:06}.json"))
    }

    /// Text of the caller's does not become a file name as it is.
    fn hidden(&self, what: &str, nonce: &str) -> PathBuf {
        let nonce = Digest::of_bytes(nonce.as_bytes());
        self.path.join(format!(".{what}-{}", nonce.short()))
    }

    fn make(&self) -> Result<(), LedgerError> {
        make_folder(&self.path)
    }

    /// Makes the names in the folder last.
    fn sync(&self) -> Result<(), LedgerError> {
        sync_folder(&self.path)
    }

    fn write_temporary(&self, sealed: &Sealed) -> Result<PathBuf, LedgerError> {
        let what = format!("new-{:06}", sealed.record.epoch);
        let path = self.hidden(&what, &sealed.record.nonce);
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&path)?;
            file.write_all(&sealed.to_bytes())?;
            file.sync_all()
        };
        match write() {
            Ok(()) => Ok(path),
            Err(error) => {
                if error.kind() != io::ErrorKind::AlreadyExists {
                    // What is left of it is ignored by readers; that it cannot be removed changes nothing.
                    let _ = fs::remove_file(&path);
                }
                Err(failed("write", &path, &error))
            }
        }
    }

    /// Gives the temporary file the record's name, unless somebody was first.
    fn publish(&self, temporary: &Path, sealed: &Sealed) -> Result<(), LedgerError> {
        let path = self.file_of(sealed.record.epoch);
        let linked = fs::hard_link(temporary, &path);
        // Readers ignore it; that it cannot be removed changes nothing.
        let _ = fs::remove_file(temporary);
        match linked {
            Ok(()) => self.sync(),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let first = self.record(sealed.record.epoch)?;
                // A network file system may lose the answer to a link that it made.
                if first == *sealed {
                    return self.sync();
                }
                Err(lost(&first.record))
            }
            Err(error) => Err(failed("write", &path, &error)),
        }
    }
}

impl Ledger for Folder {
    fn tip(&self) -> Result<Option<Sealed>, LedgerError> {
        match self.newest()? {
            0 => Ok(None),
            epoch => self.record(epoch).map(Some),
        }
    }

    fn record(&self, epoch: u64) -> Result<Sealed, LedgerError> {
        let path = self.file_of(epoch);
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged(&shown(&path), "is missing"),
            _ => failed("read", &path, &error),
        })?;
        Sealed::read(&bytes, epoch, &shown(&path))
    }

    fn append(&mut self, record: &Record) -> Result<(), LedgerError> {
        self.make()?;
        let tip = self.tip()?;
        let newest = tip.as_ref().map_or(0, |tip| tip.record.epoch);
        if newest >= record.epoch {
            return Err(lost(&self.record(record.epoch)?.record));
        }
        if newest + 1 < record.epoch {
            let place = shown(&self.file_of(newest + 1));
            return Err(damaged(&place, "is missing"));
        }
        if tip.map(|tip| tip.digest) != record.previous {
            let place = shown(&self.file_of(newest));
            return Err(damaged(&place, "is not the record that it was"));
        }
        let sealed = Sealed::new(record.clone());
        let temporary = self.write_temporary(&sealed)?;
        self.publish(&temporary, &sealed)
    }

    fn begin(&mut self, nonce: &str) -> Result<Presence, LedgerError> {
        self.make()?;
        let path = self.hidden("run", nonce);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed("create", &path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Presence {
                shown: Shown::ByFile {
                    path,
                    _locked: file,
                },
            }),
            Err(TryLockError::WouldBlock) => Err(LedgerError::Io {
                doing: "lock",
                place: shown(&path),
                why: "another run has the same nonce".to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(failed("lock", &path, &error)),
        }
    }

    /// The file is made and locked before the run's first record, and removed after its last: when it is not there,
    /// the folder came from elsewhere, and so may have the run.
    fn life(&self, nonce: &str) -> Result<Life, LedgerError> {
        let path = self.hidden("run", nonce);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Life::Unknown),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Life::Over),
            Err(TryLockError::WouldBlock) => Ok(Life::AtWork),
            Err(TryLockError::Error(error)) => Err(failed("lock", &path, &error)),
        }
    }
}

fn epoch_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json")?;
    let is_number = digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let epoch: u64 = is_number.then(|| digits.parse().ok())??;
    (format!("{epoch:06}") == digits && epoch > 0).then_some(epoch)
}

/// Makes the folder if need be, so that it lasts: a record is only as durable as the folders above it.
pub(super) fn make_folder(path: &Path) -> Result<(), LedgerError> {
    let is_new = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let made: Vec<&Path> = path.ancestors().take_while(is_new).collect();
    fs::create_dir_all(path).map_err(|error| failed("create", path, &error))?;
    for folder in made {
        sync_folder(folder.parent().unwrap_or(folder))?;
    }
    Ok(())
}

/// Makes the names in a folder last.
pub(super) fn sync_folder(path: &Path) -> Result<(), LedgerError> {
    let here = Path::new(".");
    let path = if path.as_os_str().is_empty() {
        here
    } else {
        path
    };
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed("sync", path, &error))
}

pub(super) fn failed(doing: &'static str, path: &Path, error: &io::Error) -> LedgerError {
    LedgerError::Io {
        doing,
        place: shown(path),
        why: error.to_string(),
    }
}

pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
