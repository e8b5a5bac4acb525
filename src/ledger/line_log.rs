//! A log of lines in a file, which survives a crash at any moment.
//!
//! Every line carries a checksum over itself and all lines before. A line is durable when `append` returns, so only
//! the last one can be torn, and a torn one was never reported as written: opening drops it. A line that is damaged
//! anywhere else is an error, because what it said cannot be guessed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::LedgerError;
use super::folder::{failed, make_folder, shown, sync_folder};
use crate::digest::Digest;

/// A log of lines in a file. Only one at a time has it open.
#[derive(Debug)]
pub struct LineLog {
    path: PathBuf,
    file: File,
    /// The checksum of the last line.
    sum: String,
    health: Health,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    /// An append failed: what the file ends with is unknown.
    Failed,
}

impl LineLog {
    /// Opens the log, which need not exist yet, and gives its lines, oldest first.
    pub fn open(path: &Path) -> Result<(LineLog, Vec<String>), LedgerError> {
        let folder = path.parent().unwrap_or(path);
        make_folder(folder)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|error| failed("open", path, &error))?;
        lock(&file, path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| failed("read", path, &error))?;
        let Lines { lines, sum, length } = read_lines(&bytes, path)?;
        drop_tail(&mut file, length).map_err(|error| failed("write", path, &error))?;
        sync_folder(folder)?;
        let log = LineLog {
            path: path.to_owned(),
            file,
            sum,
            health: Health::Good,
        };
        Ok((log, lines))
    }

    /// Appends a line; it is there for good when this returns. After a failure the log takes nothing more.
    ///
    /// # Panics
    ///
    /// When the text has a line break.
    pub fn append(&mut self, text: &str) -> Result<(), LedgerError> {
        assert!(!text.contains('\n'), "bug: a line has no line break");
        if self.health == Health::Failed {
            return Err(LedgerError::Io {
                doing: "write",
                place: shown(&self.path),
                why: "an earlier write failed".to_owned(),
            });
        }
        let sum = checksum(&self.sum, text);
        let line = format!("{sum} {text}\n");
        let written = self
            .file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => {
                self.sum = sum;
                Ok(())
            }
            Err(error) => {
                self.health = Health::Failed;
                Err(failed("write", &self.path, &error))
            }
        }
    }
}

/// What a file holds.
struct Lines {
    lines: Vec<String>,
    sum: String,
    /// Up to the end of the last good line.
    length: u64,
}

fn read_lines(bytes: &[u8], path: &Path) -> Result<Lines, LedgerError> {
    let mut good = Lines {
        lines: Vec::new(),
        sum: String::new(),
        length: 0,
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = end.and_then(|end| whole_line(&rest[..end], &good.sum));
        let after = end.map_or(rest.len(), |end| end + 1);
        match line {
            Some((sum, text)) => {
                good.lines.push(text);
                good.sum = sum;
                good.length += after as u64;
            }
            // The torn end of the file; whatever it was to be, nobody was told that it is written.
            None if after == rest.len() => break,
            None => {
                return Err(LedgerError::Damaged {
                    place: format!("{}:{}", shown(path), good.lines.len() + 1),
                    why: "is not the line that was written".to_owned(),
                    remedy: "move the file elsewhere and run `idac recover`, which then asks the tenant",
                });
            }
        }
        rest = &rest[after..];
    }
    Ok(good)
}

fn whole_line(line: &[u8], before: &str) -> Option<(String, String)> {
    let (sum, text) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    (checksum(before, text) == sum).then(|| (sum.to_owned(), text.to_owned()))
}

fn checksum(before: &str, text: &str) -> String {
    Digest::of_bytes(format!("{before} {text}").as_bytes())
        .short()
        .to_owned()
}

fn lock(file: &File, path: &Path) -> Result<(), LedgerError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(LedgerError::Io {
            doing: "open",
            place: shown(path),
            why: "another process has it open".to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(failed("lock", path, &error)),
    }
}

fn drop_tail(file: &mut File, length: u64) -> io::Result<()> {
    if file.metadata()?.len() > length {
        file.set_len(length)?;
        file.sync_all()?;
    }
    file.seek(SeekFrom::Start(length)).map(drop)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn log_of(lines: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal").join("1.log");
        let (mut log, before) = LineLog::open(&path).expect("a new log");
        assert_eq!(before, [""; 0]);
        for line in lines {
            log.append(line).expect("it is written");
        }
        (folder, path)
    }

    fn lines(path: &Path) -> Vec<String> {
        LineLog::open(path).expect("it opens").1
    }

    #[test]
    fn lines_are_read_back_and_more_can_follow() {
        let (_folder, path) = log_of(&["one", "two words"]);
        let (mut log, before) = LineLog::open(&path).expect("it opens");
        assert_eq!(before, ["one", "two words"]);
        log.append("three").expect("it is written");
        drop(log);
        assert_eq!(lines(&path), ["one", "two words", "three"]);
    }

    #[test]
    fn a_crash_at_any_byte_of_the_last_line_loses_only_that_line() {
        let (_folder, path) = log_of(&["one", "two", "three"]);
        let whole = fs::read(&path).expect("it is there");
        let two = whole.len() - "xxxxxxxxxxxx three\n".len();
        for length in two..whole.len() {
            fs::write(&path, &whole[..length]).expect("it is written");
            assert_eq!(lines(&path), ["one", "two"], "{length} bytes");
            let (mut log, _) = LineLog::open(&path).expect("it opens");
            log.append("again").expect("it is written");
            drop(log);
            assert_eq!(lines(&path), ["one", "two", "again"], "{length} bytes");
        }
    }

    #[test]
    fn a_last_line_that_the_disk_did_not_finish_is_torn_too() {
        let (_folder, path) = log_of(&["one", "two"]);
        let mut bytes = fs::read(&path).expect("it is there");
        let at = bytes.len() - 3;
        bytes[at] = 0;
        fs::write(&path, &bytes).expect("it is written");
        assert_eq!(lines(&path), ["one"]);
    }

    #[test]
    fn damage_before_the_last_line_is_named() {
        let (_folder, path) = log_of(&["one", "two", "three"]);
        let text = fs::read_to_string(&path).expect("it is there");
        fs::write(&path, text.replace("two", "too")).expect("it is written");
        let error = LineLog::open(&path).expect_err("it is damaged").to_string();
        assert!(
            error.contains("1.log:2 is not the line that was written"),
            "{error}"
        );
    }

    #[test]
    fn a_line_that_was_taken_out_is_noticed() {
        let (_folder, path) = log_of(&["one", "two", "three"]);
        let text = fs::read_to_string(&path).expect("it is there");
        let kept: Vec<&str> = text.lines().filter(|line| !line.ends_with("two")).collect();
        fs::write(&path, kept.join("\n") + "\nx\n").expect("it is written");
        let error = LineLog::open(&path).expect_err("it is damaged").to_string();
        assert!(error.contains("1.log:2 is not"), "{error}");
    }

    #[test]
    fn only_one_has_it_open() {
        let (_folder, path) = log_of(&["one"]);
        let _open = LineLog::open(&path).expect("it opens");
        let error = LineLog::open(&path).expect_err("it is open").to_string();
        assert!(error.ends_with("another process has it open"), "{error}");
    }
}
