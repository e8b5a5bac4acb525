//! A ledger on a branch of a git repository: `idac/ledger/<environment>`, one commit a record, with a history of its
//! own.
//!
//! Commits are made with plumbing, beside any work tree, and the branch is only ever moved from the tip that was
//! seen: by a push with a lease, or, in a repository on this disk, by an update that names the old value. Of two
//! writers who saw the same tip one loses, and the nonce in every record keeps them from having made the same commit.
//! Whether a push that got no answer took effect is read from the branch, never guessed.
//!
//! What git does not give:
//!
//! - *No proof that a run is over.* A folder has a file that the run locked; a branch has nothing of the kind, so
//!   [`Ledger::life`] answers [`Life::Unknown`] for every run, even one of this machine. A held tenant is recovered
//!   only when a person says that the run is over ([`Recoverer::Person`](super::Recoverer)); nobody's age, process
//!   number or host is evidence.
//! - *No memory of what the branch was.* Whoever may push to it can set it back to an older record, or replace it
//!   by another whole chain. Each repository therefore remembers, under `refs/idac/seen/`, the newest commit that it
//!   saw, and refuses a branch that no longer holds it. A fresh clone remembers nothing: protect the branch on the
//!   server against deletion and against pushes that are no fast-forward, which idac's never are.

mod command;
mod commit;

use std::cell::RefCell;
use std::path::Path;

use command::{Answer, Ending, Repository, redacted};

use super::record::{Record, Sealed, check_follows, damaged};
use super::{Ledger, LedgerError, Life, Presence, Shown, lost};
use crate::address::Name;

/// A move of the branch that was refused while the branch stayed where it was is tried again: another one may have
/// had it locked, or the connection broke before anything was sent.
const TRIES_MAX: usize = 5;
/// More than any history, and not the number at which git deepens every other branch too.
const WHOLE: &str = "--depth=2147483646";

/// A ledger on a branch.
#[derive(Debug)]
pub struct Git {
    repository: Repository,
    home: Home,
    /// `refs/heads/idac/ledger/<environment>`.
    branch: String,
    /// The ref under which the repository remembers the newest commit that it saw.
    memory: String,
    /// What people call it.
    shown: String,
    /// The newest record that was read: what is before it does not change.
    tip: RefCell<Option<Tip>>,
}

/// Where the branch is.
#[derive(Clone, Debug)]
enum Home {
    /// In the remote of this name.
    Remote(String),
    /// In the repository itself.
    Here,
}

#[derive(Clone, Debug)]
struct Tip {
    commit: String,
    epoch: u64,
}

impl Git {
    /// The ledger of an environment in a remote of the repository that holds the folder.
    pub fn on_remote(folder: &Path, remote: &str, environment: &Name) -> Result<Git, LedgerError> {
        let repository = Repository::Around(folder.to_owned());
        let place = folder.display().to_string();
        let remotes = repository
            .run(&["remote"], &[])?
            .text("find the git repository of", &place)?;
        if !remotes.lines().any(|name| name == remote) {
            let names: Vec<&str> = remotes.lines().collect();
            return Err(LedgerError::Io {
                doing: "find",
                place: format!("the remote `{}`", redacted(remote)),
                why: match names.as_slice() {
                    [] => "the repository has none".to_owned(),
                    names => format!("the repository has {}", names.join(", ")),
                },
            });
        }
        let memory = format!("refs/idac/seen/remote/{remote}/{environment}");
        let shown = format!("on the remote {remote}");
        Git::new(
            repository,
            Home::Remote(remote.to_owned()),
            memory,
            &shown,
            environment,
        )
    }

    /// The ledger of an environment in a repository on this disk.
    pub fn in_repository(folder: &Path, environment: &Name) -> Result<Git, LedgerError> {
        let repository = Repository::at(folder);
        let shown = folder.display().to_string();
        repository
            .run(&["rev-parse", "--git-dir"], &[])?
            .text("open the git repository", &shown)?;
        let memory = format!("refs/idac/seen/here/{environment}");
        let shown = format!("in {shown}");
        Git::new(repository, Home::Here, memory, &shown, environment)
    }

    fn new(
        repository: Repository,
        home: Home,
        memory: String,
        shown: &str,
        environment: &Name,
    ) -> Result<Git, LedgerError> {
        let name = format!("idac/ledger/{environment}");
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if environment.as_str().is_empty() || !environment.as_str().chars().all(is_plain) {
            return Err(LedgerError::Io {
                doing: "use",
                place: name,
                why: "the name of the environment cannot be that of a branch".to_owned(),
            });
        }
        Ok(Git {
            repository,
            home,
            branch: format!("refs/heads/{name}"),
            memory,
            shown: format!("{name} {shown}"),
            tip: RefCell::new(None),
        })
    }

    /// The commit at which the branch is; `None` when there is no branch.
    fn head(&self) -> Result<Option<String>, LedgerError> {
        match &self.home {
            Home::Here => self.local(&self.branch),
            Home::Remote(remote) => {
                let answer = self.repository.run(
                    &[
                        "ls-remote",
                        "--quiet",
                        "--end-of-options",
                        remote,
                        &self.branch,
                    ],
                    &[],
                )?;
                let listed = answer.text("read", &self.shown)?;
                // Git lists every ref that ends with the name.
                Ok(listed
                    .lines()
                    .filter_map(|line| line.split_once('\t'))
                    .find(|(_, name)| *name == self.branch)
                    .map(|(commit, _)| commit.to_owned()))
            }
        }
    }

    /// A ref of the repository itself.
    fn local(&self, name: &str) -> Result<Option<String>, LedgerError> {
        let listed = self
            .repository
            .run(&["for-each-ref", "--format=%(objectname)", "--", name], &[])?
            .text("read", &self.shown)?;
        Ok((!listed.is_empty()).then_some(listed))
    }

    /// Gets the commit with all before it into the repository.
    fn get(&self, commit: &str) -> Result<(), LedgerError> {
        let asked = format!("{commit}^{{commit}}");
        for _ in 0..TRIES_MAX {
            let has = self.repository.run(&["cat-file", "-e", &asked], &[])?;
            match (has.ending, &self.home) {
                (Ending::Well, _) => return Ok(()),
                (Ending::Failed(_), Home::Here) => break,
                (Ending::Failed(_), Home::Remote(remote)) => self.fetch(remote, &[])?,
            }
        }
        Err(damaged(&commit::place(commit, &self.shown), "is missing"))
    }

    fn fetch(&self, remote: &str, more: &[&str]) -> Result<(), LedgerError> {
        let mut arguments = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--refmap=",
        ];
        arguments.extend(more);
        arguments.extend(["--end-of-options", remote, &self.branch]);
        self.repository
            .run(&arguments, &[])?
            .text("read", &self.shown)
            .map(drop)
    }

    /// Gets what a shallow clone cut off; whether that was possible.
    fn deepen(&self) -> Result<bool, LedgerError> {
        let Home::Remote(remote) = &self.home else {
            return Ok(false);
        };
        let asked = ["rev-parse", "--is-shallow-repository"];
        let is_shallow = self.repository.run(&asked, &[])?;
        if is_shallow.text("read", &self.shown)? != "true" {
            return Ok(false);
        }
        self.fetch(remote, &[WHOLE])?;
        Ok(true)
    }

    fn is_ancestor(&self, before: &str, after: &str) -> Result<bool, LedgerError> {
        let asked = [
            "merge-base",
            "--is-ancestor",
            "--end-of-options",
            before,
            after,
        ];
        let answer = self.repository.run(&asked, &[])?;
        match answer.ending {
            Ending::Well => Ok(true),
            Ending::Failed(Some(1)) => Ok(false),
            Ending::Failed(_) => Err(answer.into_error("read", &self.shown)),
        }
    }

    /// The branch only grows: what was seen of it is part of it for ever.
    fn check_goes_on(&self, seen: Option<&str>, head: Option<&str>) -> Result<(), LedgerError> {
        let Some(seen) = seen else {
            return Ok(());
        };
        let goes_on = match head {
            None => false,
            Some(head) if head == seen => true,
            Some(head) => {
                self.is_ancestor(seen, head)? || (self.deepen()? && self.is_ancestor(seen, head)?)
            }
        };
        if goes_on {
            return Ok(());
        }
        let place = &self.shown;
        let record = match commit::read(&self.repository, &[seen.to_owned()], place)?.pop() {
            Some(Some(commit)) => {
                let sealed = Sealed::read_any(&commit.bytes, &commit::place(seen, place))?;
                format!("record {} ({})", sealed.record.epoch, &seen[..12])
            }
            Some(None) | None => format!("commit {}", &seen[..12]),
        };
        let what = match head {
            None => "is gone",
            Some(_) => "was set back or replaced",
        };
        Err(LedgerError::Damaged {
            place: place.clone(),
            why: format!("{what}: {record} was seen, and is no longer part of it"),
            remedy: "push that commit back to the branch; or, when somebody replaced the ledger on purpose, forget what was seen with `git update-ref -d` of the ref below refs/idac/seen",
        })
    }

    /// Remembers the newest commit that was seen. That it cannot is no reason to stop: it only sees less.
    fn remember(&self, commit: &str, seen: Option<&str>) {
        if seen != Some(commit) {
            let moved = [
                "update-ref",
                "--no-deref",
                &self.memory,
                commit,
                seen.unwrap_or(""),
            ];
            let _ = self.repository.run(&moved, &[]);
        }
    }

    /// Every commit of the branch, oldest first.
    fn history(&self, tip: &str) -> Result<Vec<commit::Commit>, LedgerError> {
        let asked = [
            "rev-list",
            "--first-parent",
            "--reverse",
            "--end-of-options",
            tip,
        ];
        let listed = self
            .repository
            .run(&asked, &[])?
            .text("read", &self.shown)?;
        let ids: Vec<String> = listed.lines().map(str::to_owned).collect();
        let read = commit::read(&self.repository, &ids, &self.shown)?;
        read.into_iter()
            .zip(&ids)
            .map(|(commit, id)| {
                commit.ok_or_else(|| damaged(&commit::place(id, &self.shown), "is missing"))
            })
            .collect()
    }

    /// The history to its very beginning, also when the repository is a shallow clone.
    fn whole_history(&self, tip: &str) -> Result<Vec<commit::Commit>, LedgerError> {
        let history = self.history(tip)?;
        let is_cut = |history: &[commit::Commit]| {
            history.first().is_some_and(|first| first.parent.is_some())
        };
        if is_cut(&history) && self.deepen()? {
            return self.history(tip);
        }
        Ok(history)
    }

    /// Asks to move the branch from one commit to the next.
    fn push(&self, commit: &str, from: Option<&str>, epoch: u64) -> Result<Answer, LedgerError> {
        let from = from.unwrap_or("");
        match &self.home {
            Home::Here => {
                let why = format!("idac: record {epoch}");
                let moved = [
                    "update-ref",
                    "--no-deref",
                    "-m",
                    &why,
                    &self.branch,
                    commit,
                    from,
                ];
                self.repository.run(&moved, &[])
            }
            Home::Remote(remote) => {
                let lease = format!("--force-with-lease={}:{from}", self.branch);
                let moved = format!("{commit}:{}", self.branch);
                let mut answer = self.repository.run(
                    &[
                        "push",
                        "--porcelain",
                        "--no-verify",
                        &lease,
                        "--end-of-options",
                        remote,
                        &moved,
                    ],
                    &[],
                )?;
                let printed = String::from_utf8_lossy(&answer.out).into_owned();
                for line in printed.lines().filter(|line| line.starts_with('!')) {
                    let told = line.split('\t').next_back().unwrap_or(line);
                    answer.why = format!("{}; {}", redacted(told), answer.why);
                }
                Ok(answer)
            }
        }
    }

    /// What became of a move that did not end well: only the branch knows.
    fn settle(&self, commit: &str, from: Option<&str>) -> Result<Settled, LedgerError> {
        let head = self.head()?;
        if head.as_deref() == Some(commit) {
            return Ok(Settled::Landed);
        }
        if head.as_deref() == from {
            return Ok(Settled::Unmoved);
        }
        if let Some(head) = head {
            self.get(&head)?;
            if self.is_ancestor(commit, &head)? {
                return Ok(Settled::Landed);
            }
        }
        Ok(Settled::Another)
    }

    /// Makes the commit the tip, unless another one is.
    fn move_to(&self, commit: &str, from: Option<&str>, epoch: u64) -> Result<(), LedgerError> {
        let mut why = String::new();
        for _ in 0..TRIES_MAX {
            let answer = self.push(commit, from, epoch)?;
            let settled = match answer.ending {
                Ending::Well => Settled::Landed,
                Ending::Failed(_) => {
                    why = answer.why;
                    self.settle(commit, from).map_err(|error| LedgerError::Io {
                        doing: "append to",
                        place: self.shown.clone(),
                        why: format!("{why}; whether the record is there is not known: {error}"),
                    })?
                }
            };
            match settled {
                Settled::Landed => {
                    self.remember(commit, from);
                    self.tip.replace(Some(Tip {
                        commit: commit.to_owned(),
                        epoch,
                    }));
                    return Ok(());
                }
                Settled::Another => return Err(self.lost_against(epoch)),
                Settled::Unmoved => {}
            }
        }
        Err(LedgerError::Io {
            doing: "append to",
            place: self.shown.clone(),
            why,
        })
    }

    /// Who appended the record of this number.
    fn lost_against(&self, epoch: u64) -> LedgerError {
        let first = self.tip().and_then(|_| self.record(epoch));
        first.map_or_else(|error| error, |first| lost(&first.record))
    }
}

/// What became of a move of the branch.
enum Settled {
    /// The commit is the tip, or was and another follows it.
    Landed,
    /// The branch is where it was.
    Unmoved,
    /// Somebody else moved it.
    Another,
}

impl Ledger for Git {
    fn tip(&self) -> Result<Option<Sealed>, LedgerError> {
        // What was seen is read first: another process may see more of the branch between the two.
        let seen = self.local(&self.memory)?;
        let head = self.head()?;
        if let Some(head) = &head {
            self.get(head)?;
        }
        self.check_goes_on(seen.as_deref(), head.as_deref())?;
        let Some(head) = head else {
            return Ok(None);
        };
        let place = commit::place(&head, &self.shown);
        let read = commit::read(&self.repository, std::slice::from_ref(&head), &self.shown)?;
        let Some(commit) = read.into_iter().flatten().next() else {
            return Err(damaged(&place, "is missing"));
        };
        let sealed = Sealed::read_any(&commit.bytes, &place)?;
        let epoch = sealed.record.epoch;
        if commit.parent.is_some() != (epoch > 1) {
            let why = format!("does not stand where record {epoch} stands");
            return Err(damaged(&place, &why));
        }
        self.remember(&head, seen.as_deref());
        self.tip.replace(Some(Tip {
            commit: head,
            epoch,
        }));
        Ok(Some(sealed))
    }

    fn record(&self, epoch: u64) -> Result<Sealed, LedgerError> {
        let known = self.tip.borrow().clone();
        let tip = match known {
            Some(tip) if tip.epoch >= epoch => Some(tip),
            Some(_) | None => {
                self.tip()?;
                self.tip.borrow().clone()
            }
        };
        let place = format!("record {epoch} of {}", self.shown);
        let Some(back) = tip.as_ref().and_then(|tip| tip.epoch.checked_sub(epoch)) else {
            return Err(damaged(&place, "is missing"));
        };
        let tip = tip.map(|tip| tip.commit).unwrap_or_default();
        let asked = [format!("{tip}~{back}")];
        let read = || commit::read(&self.repository, &asked, &self.shown);
        let mut found = read()?.pop().flatten();
        if found.is_none() && self.deepen()? {
            found = read()?.pop().flatten();
        }
        let commit = found.ok_or_else(|| damaged(&place, "is missing"))?;
        Sealed::read(
            &commit.bytes,
            epoch,
            &commit::place(&commit.id, &self.shown),
        )
    }

    fn append(&mut self, record: &Record) -> Result<(), LedgerError> {
        let tip = self.tip()?;
        let newest = tip.as_ref().map_or(0, |tip| tip.record.epoch);
        if newest >= record.epoch {
            return Err(lost(&self.record(record.epoch)?.record));
        }
        if newest + 1 < record.epoch {
            let place = format!("record {} of {}", newest + 1, self.shown);
            return Err(damaged(&place, "is missing"));
        }
        if tip.map(|tip| tip.digest) != record.previous {
            let place = format!("record {newest} of {}", self.shown);
            return Err(damaged(&place, "is not the record that it was"));
        }
        let from = match newest {
            0 => None,
            _ => self.tip.borrow().as_ref().map(|tip| tip.commit.clone()),
        };
        let sealed = Sealed::new(record.clone());
        let commit = commit::write(&self.repository, &sealed, from.as_deref(), &self.shown)?;
        self.move_to(&commit, from.as_deref(), record.epoch)
    }

    /// A branch cannot show it.
    fn begin(&mut self, _nonce: &str) -> Result<Presence, LedgerError> {
        Ok(Presence {
            shown: Shown::Nowhere,
        })
    }

    /// Nobody can tell from a branch whether who pushed to it is still at work.
    fn life(&self, _nonce: &str) -> Result<Life, LedgerError> {
        Ok(Life::Unknown)
    }

    fn records(&self) -> Result<Vec<Record>, LedgerError> {
        if self.tip()?.is_none() {
            return Ok(Vec::new());
        }
        let tip = self.tip.borrow().clone();
        let tip = tip.map(|tip| tip.commit).unwrap_or_default();
        let mut before: Option<Sealed> = None;
        let mut before_commit: Option<String> = None;
        let mut records = Vec::new();
        for (commit, epoch) in self.whole_history(&tip)?.into_iter().zip(1..) {
            let place = commit::place(&commit.id, &self.shown);
            if commit.parent != before_commit {
                let why = "is where the history ends, and is not its beginning";
                return Err(damaged(&place, why));
            }
            let sealed = Sealed::read(&commit.bytes, epoch, &place)?;
            check_follows(before.as_ref(), &sealed)?;
            records.push(sealed.record.clone());
            before = Some(sealed);
            before_commit = Some(commit.id);
        }
        Ok(records)
    }
}
