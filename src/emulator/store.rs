//! A tenant in a folder: a snapshot, and a log of what changed since.
//!
//! Every line of the log holds all changes of one append and their digest, so a crash leaves either all of them or
//! none. Only the last line can be torn (the machine stopped while it was written); it was never reported as
//! written, so opening drops it. Damage anywhere else is an error: guessing would forge a tenant.

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
    #[error("{path} holds no tenant that this version reads; run `idac emulator reset` to start an empty tenant", path = path.display())]
    Unreadable { path: PathBuf, source: Corrupt },
    #[error("there is no tenant in {path}; run `idac emulator reset` to create one", path = path.display())]
    Missing { path: PathBuf },
    #[error("there is already a tenant in {path}; run `idac emulator reset` to replace it", path = path.display())]
    Occupied { path: PathBuf },
}

/// Whether a folder already holds a tenant.
pub fn is_founded(folder: &Path) -> bool {
    folder.join(SNAPSHOT).exists()
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
        write_snapshot(folder, 1, tenant)?;
        tenant.take_changes();
        let log = open_log(folder)?;
        let mut store = Store {
            folder: folder.to_owned(),
            log,
            generation: 1,
            _lock: lock,
        };
        store.empty_log()?;
        Ok(store)
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
        let line = format!("{} {body}\n", digest(&body));
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
        })
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
        let path = self.folder.join(LOG);
        let header = header(self.generation);
        let emptied = self
            .log
            .set_len(0)
            .and_then(|()| self.log.seek(SeekFrom::Start(0)).map(|_| ()))
            .and_then(|()| self.log.write_all(header.as_bytes()))
            .and_then(|()| self.log.sync_all());
        emptied.map_err(|source| failed("write", &path, source))?;
        sync_folder(&self.folder)
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
        let Some(first) = lines.next() else {
            // The machine stopped before the log was begun.
            return self.empty_log();
        };
        match generation_of(first) {
            Some(generation) if generation == self.generation => {}
            // The machine stopped after the snapshot was replaced and before the log was emptied.
            Some(generation) if generation < self.generation => return self.empty_log(),
            _ => return Err(damaged(1)),
        }
        for (at, line) in lines.enumerate() {
            for change in decode(line).ok_or_else(|| damaged(at + 2))? {
                tenant.replay(change);
            }
        }
        if whole < bytes.len() {
            let cut = self.log.set_len(whole as u64);
            cut.and_then(|()| self.log.sync_all())
                .map_err(|source| failed("write", &path, source))?;
        }
        Ok(())
    }
}

fn header(generation: u64) -> String {
    let body = format!("generation {generation}");
    format!("{} {body}\n", digest(&body))
}

fn generation_of(line: &[u8]) -> Option<u64> {
    checked(line)?.strip_prefix("generation ")?.parse().ok()
}

fn encode(changes: &[Change]) -> String {
    // Serialising plain data to a string cannot fail; a failure would be a bug in a Serialize implementation.
    serde_json::to_string(changes).expect("bug: a change is not serialisable")
}

fn decode(line: &[u8]) -> Option<Vec<Change>> {
    serde_json::from_str(checked(line)?).ok()
}

/// The text of a line whose digest fits.
fn checked(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (stated, body) = line.split_once(' ')?;
    (digest(body) == stated).then_some(body)
}

fn digest(body: &str) -> String {
    let hash = Sha256::digest(body.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_snapshot(folder: &Path, generation: u64, tenant: &Tenant) -> Result<(), StoreError> {
    let body = tenant.export().to_string();
    let text = format!(
        "{} {generation} {body}\n",
        digest(&format!("{generation} {body}"))
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
    let bytes = fs::read(path).map_err(|source| failed("read", path, source))?;
    let damaged = || StoreError::Damaged {
        path: path.to_owned(),
        line: 1,
    };
    let body = checked(&bytes).ok_or_else(damaged)?;
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
    options.read(true).write(true).create(true).truncate(false);
    options
        .open(&path)
        .map_err(|source| failed("open", &path, source))
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
