//! A tenant in a folder: a snapshot, and a log of what changed since.
//!
//! Every line of the log holds all changes of one append, and a digest of them and of the digest before, so a crash
//! leaves either all of them or none, and a line that was taken out, put in or moved is noticed. Only the last line can
//! be torn (the machine stopped while it was written); it was never reported as written, so opening drops it. Damage
//! anywhere else is an error: guessing would forge a tenant. So is a snapshot without its log, or a log without its
//! snapshot: the log is there before the first snapshot is, and never goes before the last.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::record::Change;
use super::tenant::{Corrupt, Tenant};

const SNAPSHOT: &str = "tenant.json";
const LOG: &str = "changes.log";
const LOCK: &str = "lock";

/// A folder that this process has locked, and the tenant's log in it.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    log: File,
    /// Which snapshot the log continues; a log of an earlier one is a leftover of a crash while compacting.
    generation: u64,
    /// The digest of the log's last line.
    last: String,
    /// Held for as long as the store is.
    _lock: File,
}

/// Why a tenant cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot {doing} {path}; check the folder's permissions and free space", path = path.display())]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("the emulator's tenant in {path} is in use by another process; stop that process or use another folder", path = path.display())]
    Locked { path: PathBuf },
    #[error("{path} is damaged at line {line}; restore it from a backup, or run `idac emulator reset` to start an empty tenant", path = path.display())]
    Damaged { path: PathBuf, line: usize },
    #[error("{path} is missing, although the tenant's other file is there; restore it from a backup, or run `idac emulator reset` to start an empty tenant", path = path.display())]
    Incomplete { path: PathBuf },
    #[error("{path} holds no tenant that this version reads; run `idac emulator reset` to start an empty tenant", path = path.display())]
    Unreadable { path: PathBuf, source: Corrupt },
    #[error("there is no tenant in {path}; run `idac emulator reset` to create one", path = path.display())]
    Missing { path: PathBuf },
    #[error("there is already a tenant in {path}; run `idac emulator reset` to replace it", path = path.display())]
    Occupied { path: PathBuf },
}

/// Whether a folder already holds a tenant, or what is left of one.
pub fn is_founded(folder: &Path) -> bool {
    // A log without a change is all that a crash leaves before the first snapshot is there.
    let has_changes = |log: Vec<u8>| log.iter().filter(|byte| **byte == b'\n').count() > 1;
    folder.join(SNAPSHOT).exists() || fs::read(folder.join(LOG)).is_ok_and(has_changes)
}

impl Store {
    /// Makes the folder if need be and writes the tenant into it as its first snapshot.
    pub fn create(folder: &Path, tenant: &mut Tenant) -> Result<Store, StoreError> {
        fs::create_dir_all(folder).map_err(|source| failed("create", folder, source))?;
        let lock = take_lock(folder)?;
        if is_founded(folder) {
            return Err(StoreError::Occupied {
                path: folder.to_owned(),
            });
        }
        let (log, last) = begin_log(folder, 1)?;
        write_snapshot(folder, 1, tenant)?;
        tenant.take_changes();
        Ok(Store {
            folder: folder.to_owned(),
            log,
            generation: 1,
            last,
            _lock: lock,
        })
    }

    /// Reads the tenant in the folder and locks the folder for this process.
    pub fn open(folder: &Path) -> Result<(Store, Tenant), StoreError> {
        if !is_founded(folder) {
            return Err(StoreError::Missing {
                path: folder.to_owned(),
            });
        }
        let lock = take_lock(folder)?;
        let (generation, mut tenant) = read_snapshot(&folder.join(SNAPSHOT))?;
        let mut store = Store {
            folder: folder.to_owned(),
            log: open_log(folder)?,
            generation,
            last: String::new(),
            _lock: lock,
        };
        store.replay_log(&mut tenant)?;
        Ok((store, tenant))
    }

    /// Writes changes to the log and waits until they are on the disk. Costs what the changes cost.
    pub fn append(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let body = encode(changes);
        let last = chained(&self.last, &body);
        let line = format!("{last} {body}\n");
        let path = self.folder.join(LOG);
        let length = self
            .log
            .seek(SeekFrom::End(0))
            .map_err(|source| failed("read", &path, source))?;
        let written = self
            .log
            .write_all(line.as_bytes())
            .and_then(|()| self.log.sync_data());
        written.map_err(|source| {
            // What was half written must not stand before the next line; if even that fails, opening drops it.
            let _ = self.log.set_len(length);
            failed("write", &path, source)
        })?;
        self.last = last;
        Ok(())
    }

    /// Writes the tenant as a snapshot and starts the log anew. A crash leaves the old state or the same one.
    pub fn compact(&mut self, tenant: &mut Tenant) -> Result<(), StoreError> {
        write_snapshot(&self.folder, self.generation + 1, tenant)?;
        self.generation += 1;
        tenant.take_changes();
        self.empty_log()
    }

    /// How long the log is, in bytes: the caller decides when to compact.
    pub fn log_bytes(&self) -> Result<u64, StoreError> {
        let path = self.folder.join(LOG);
        self.log
            .metadata()
            .map(|metadata| metadata.len())
            .map_err(|source| failed("read", &path, source))
    }

    /// Replaces the tenant in the folder, whatever is there, damaged or not.
    pub fn reset(folder: &Path, tenant: &mut Tenant) -> Result<Store, StoreError> {
        fs::create_dir_all(folder).map_err(|source| failed("create", folder, source))?;
        {
            let _lock = take_lock(folder)?;
            for name in [SNAPSHOT, LOG] {
                let path = folder.join(name);
                match fs::remove_file(&path) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => return Err(failed("remove", &path, source)),
                }
            }
        }
        Store::create(folder, tenant)
    }

    fn empty_log(&mut self) -> Result<(), StoreError> {
        (self.log, self.last) = begin_log(&self.folder, self.generation)?;
        Ok(())
    }

    fn replay_log(&mut self, tenant: &mut Tenant) -> Result<(), StoreError> {
        let path = self.folder.join(LOG);
        let mut bytes = Vec::new();
        self.log
            .seek(SeekFrom::Start(0))
            .and_then(|_| self.log.read_to_end(&mut bytes))
            .map_err(|source| failed("read", &path, source))?;
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let mut lines = bytes[..whole].split_inclusive(|byte| *byte == b'\n');
        let damaged = |line| StoreError::Damaged {
            path: path.clone(),
            line,
        };
        let first = lines.next().ok_or_else(|| damaged(1))?;
        let (last, body) = checked("", first).ok_or_else(|| damaged(1))?;
        match generation_of(body) {
            Some(generation) if generation == self.generation => {}
            // The machine stopped after the snapshot was replaced and before the log was.
            Some(generation) if generation < self.generation => return self.empty_log(),
            Some(_) | None => return Err(damaged(1)),
        }
        let mut last = last.to_owned();
        for (at, line) in lines.enumerate() {
            let (stated, changes) = decode(&last, line).ok_or_else(|| damaged(at + 2))?;
            for change in changes {
                tenant.replay(change);
            }
            last = stated.to_owned();
        }
        self.last = last;
        if whole < bytes.len() {
            let cut = self.log.set_len(whole as u64);
            cut.and_then(|()| self.log.sync_all())
                .map_err(|source| failed("write", &path, source))?;
        }
        Ok(())
    }
}

/// Puts a log without changes in the place of the one that is there, if any, all at once.
fn begin_log(folder: &Path, generation: u64) -> Result<(File, String), StoreError> {
    let path = folder.join(LOG);
    let fresh = folder.join("changes.log.fresh");
    let body = format!("generation {generation}");
    let last = chained("", &body);
    let write = || {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let mut file = options.open(&fresh)?;
        file.write_all(format!("{last} {body}\n").as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        Ok(file)
    };
    let file = write().map_err(|source| failed("write", &path, source))?;
    sync_folder(folder)?;
    Ok((file, last))
}

fn generation_of(body: &str) -> Option<u64> {
    body.strip_prefix("generation ")?.parse().ok()
}

fn encode(changes: &[Change]) -> String {
    // Serialising plain data to a string cannot fail; a failure would be a bug in a Serialize implementation.
    serde_json::to_string(changes).expect("bug: a change is not serialisable")
}

fn decode<'a>(before: &str, line: &'a [u8]) -> Option<(&'a str, Vec<Change>)> {
    let (stated, body) = checked(before, line)?;
    Some((stated, serde_json::from_str(body).ok()?))
}

/// The digest and the text of a line, if the digest is that of the text after the digest before.
fn checked<'a>(before: &str, line: &'a [u8]) -> Option<(&'a str, &'a str)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (stated, body) = line.split_once(' ')?;
    (chained(before, body) == stated).then_some((stated, body))
}

fn chained(before: &str, body: &str) -> String {
    let mut hash = Sha256::new();
    for part in [before, " ", body] {
        hash.update(part.as_bytes());
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn write_snapshot(folder: &Path, generation: u64, tenant: &Tenant) -> Result<(), StoreError> {
    let body = tenant.export().to_string();
    let text = format!(
        "{} {generation} {body}\n",
        chained("", &format!("{generation} {body}"))
    );
    let path = folder.join(SNAPSHOT);
    let fresh = folder.join("tenant.json.fresh");
    let write = || {
        let mut file = File::create(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &path)
    };
    write().map_err(|source| failed("write", &path, source))?;
    sync_folder(folder)
}

fn read_snapshot(path: &Path) -> Result<(u64, Tenant), StoreError> {
    let bytes = fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => StoreError::Incomplete {
            path: path.to_owned(),
        },
        _ => failed("read", path, source),
    })?;
    let damaged = || StoreError::Damaged {
        path: path.to_owned(),
        line: 1,
    };
    let (_, body) = checked("", &bytes).ok_or_else(damaged)?;
    let (generation, body) = body.split_once(' ').ok_or_else(damaged)?;
    let generation = generation.parse().map_err(|_| damaged())?;
    let value: Value = serde_json::from_str(body).map_err(|_| damaged())?;
    let tenant = Tenant::import(value).map_err(|source| StoreError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Ok((generation, tenant))
}

fn open_log(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOG);
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => StoreError::Incomplete { path },
            _ => failed("open", &path, source),
        })
}

fn take_lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    let file = options
        .open(&path)
        .map_err(|source| failed("open", &path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::Locked {
            path: folder.to_owned(),
        }),
        Err(fs::TryLockError::Error(source)) => Err(failed("lock", &path, source)),
    }
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| failed("write", folder, source))
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}
