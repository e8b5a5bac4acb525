//! Running git, and nothing of what it says that must stay secret.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::ledger::LedgerError;

/// Settings that must not depend on who runs idac: no hook runs, nothing is signed, tagged along or cleaned up, and
/// what was written is on the disk.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsync=all",
    "core.fsyncMethod=fsync",
    "core.filesRefLockTimeout=2000",
    "core.packedRefsTimeout=2000",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.commitEncoding=UTF-8",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=no",
    "fetch.prune=false",
    // A remote that stops answering is unreachable.
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
];

/// What another git, of which idac may be a hook, has set for its own repository; and what makes git tell on stderr
/// all that it sends.
const FOREIGN: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_CURL_VERBOSE",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
    "GIT_TRACE_CURL",
    "GIT_TRACE_PACKET",
    "GIT_TRACE_PACK_ACCESS",
    "GIT_TRACE_PERFORMANCE",
    "GIT_TRACE_REFS",
    "GIT_TRACE_SETUP",
    "GIT_TRACE_SHALLOW",
    "LANGUAGE",
];

/// The repository in which git runs.
#[derive(Clone, Debug)]
pub(super) enum Repository {
    /// The one that holds the folder.
    Around(PathBuf),
    /// This very one, never one that merely holds the folder.
    At(PathBuf),
}

/// What git answered.
pub(super) struct Answer {
    pub(super) ending: Ending,
    pub(super) out: Vec<u8>,
    /// Why it failed, in git's words, without credentials; never empty for a failure.
    pub(super) why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Well,
    /// The exit code; `None` when it was killed.
    Failed(Option<i32>),
}

impl Repository {
    /// The repository that lies in the folder, bare or not.
    pub(super) fn at(folder: &Path) -> Repository {
        let inner = folder.join(".git");
        Repository::At(if inner.exists() {
            inner
        } else {
            folder.to_owned()
        })
    }

    /// Runs git to its end.
    pub(super) fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Answer, LedgerError> {
        self.run_as(arguments, input, &[])
    }

    /// Runs git to its end, with more of an environment. One that is killed is run once more: whoever interrupts
    /// idac at a terminal interrupts git with it, and idac still has to say how its run ended.
    pub(super) fn run_as(
        &self,
        arguments: &[&str],
        input: &[u8],
        environment: &[(&str, &str)],
    ) -> Result<Answer, LedgerError> {
        let answer = self.run_once(arguments, input, environment)?;
        match answer.ending {
            Ending::Well | Ending::Failed(Some(_)) => Ok(answer),
            Ending::Failed(None) => self.run_once(arguments, input, environment),
        }
    }

    fn run_once(
        &self,
        arguments: &[&str],
        input: &[u8],
        environment: &[(&str, &str)],
    ) -> Result<Answer, LedgerError> {
        let failed = |error: std::io::Error| LedgerError::Io {
            doing: "run",
            place: "git".to_owned(),
            why: error.to_string(),
        };
        let mut command = self.command();
        command.args(arguments).envs(environment.iter().copied());
        tracing::debug!(what = arguments.first(), "git");
        let mut child = command.spawn().map_err(failed)?;
        let stdin = child.stdin.take();
        // Written beside, since git may answer before it has read everything.
        let output = std::thread::scope(|scope| {
            scope.spawn(|| {
                let Some(mut stdin) = stdin else { return };
                // Whoever stops reading says why in another way.
                let _ = stdin.write_all(input);
            });
            child.wait_with_output()
        });
        let output = output.map_err(failed)?;
        let ending = match output.status.success() {
            true => Ending::Well,
            false => Ending::Failed(output.status.code()),
        };
        let mut why = said(&String::from_utf8_lossy(&output.stderr));
        if why.is_empty() {
            why = format!("git ended with {}", output.status);
        }
        Ok(Answer {
            ending,
            out: output.stdout,
            why,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        match self {
            Repository::Around(folder) => command.arg("-C").arg(folder),
            Repository::At(folder) => command.arg("--git-dir").arg(folder),
        };
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl Answer {
    /// What it printed, when it ended well.
    pub(super) fn text(self, doing: &'static str, place: &str) -> Result<String, LedgerError> {
        match self.ending {
            Ending::Well => Ok(String::from_utf8_lossy(&self.out).trim().to_owned()),
            Ending::Failed(_) => Err(self.into_error(doing, place)),
        }
    }

    pub(super) fn into_error(self, doing: &'static str, place: &str) -> LedgerError {
        LedgerError::Io {
            doing,
            place: place.to_owned(),
            why: self.why,
        }
    }
}

/// What of git's own output says why it failed, on one line.
fn said(stderr: &str) -> String {
    const TOLD: &[&str] = &["fatal: ", "error: ", "remote: ", "! "];
    let lines: Vec<String> = stderr
        .lines()
        .map(str::trim)
        .filter(|line| TOLD.iter().any(|start| line.starts_with(start)))
        .map(redacted)
        .collect();
    lines.join("; ")
}

/// The text without the user and the password of any URL, and nothing that moves a cursor.
pub(super) fn redacted(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let is_end = |c: char| c == '/' || c.is_whitespace() || matches!(c, '\'' | '"' | '<' | '>');
        let end = after.find(is_end).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(at) => {
                clean.push_str("***");
                &after[at..]
            }
            None => after,
        };
    }
    clean.push_str(rest);
    clean.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credential_of_a_url_is_told() {
        for (text, told) in [
            (
                "fatal: unable to access 'https://x-access-token:ghs_secret@github.com/a/b.git/': 403",
                "fatal: unable to access 'https://***@github.com/a/b.git/': 403",
            ),
            (
                "https://token@host and ssh://git:p@ss@host:22/x",
                "https://***@host and ssh://***@host:22/x",
            ),
            ("https://host/a@b", "https://host/a@b"),
            ("no address", "no address"),
        ] {
            assert_eq!(redacted(text), told);
        }
    }

    #[test]
    fn only_what_says_why_is_told() {
        let stderr = "To https://u:p@host/r\n ! [rejected] x -> y (stale info)\nhint: pull\nerror: failed to push some refs to 'https://u:p@host/r'\n";
        assert_eq!(
            said(stderr),
            "! [rejected] x -> y (stale info); error: failed to push some refs to 'https://***@host/r'"
        );
    }
}
