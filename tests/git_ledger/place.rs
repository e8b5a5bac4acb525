//! Repositories on this disk, and ledgers in them.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use idac::address::{Address, Name, ObjectId, TenantId};
use idac::digest::Digest;
use idac::ledger::{Git, LedgerError, Run, acquire};
use idac::object::Deletion;
use idac::plan::{Applied, Basis, ManagedObject, Plan, Target};
use tempfile::TempDir;

pub(crate) const BRANCH: &str = "refs/heads/idac/ledger/prod";
pub(crate) const AT: &str = "2026-01-01T10:00:00Z";

/// A bare repository, and clones of it, in one folder.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        let place = Place {
            folder: tempfile::tempdir().expect("a folder"),
        };
        git(
            place.folder.path(),
            &["init", "--quiet", "--bare", "origin.git"],
        );
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn origin(&self) -> PathBuf {
        self.path().join("origin.git")
    }

    /// A clone with this name.
    pub(crate) fn clone_as(&self, name: &str) -> PathBuf {
        git(self.path(), &["clone", "--quiet", "origin.git", name]);
        self.path().join(name)
    }

    /// Makes the server run this before (`pre-receive`) or after (`post-receive`) the branch moves.
    pub(crate) fn hook(&self, name: &str, script: &str) {
        let path = self.origin().join("hooks").join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("it is written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is there");
    }

    pub(crate) fn unhook(&self, name: &str) {
        fs::remove_file(self.origin().join("hooks").join(name)).expect("it is there");
    }
}

pub(crate) fn prod() -> Name {
    Name::new("prod")
}

/// The ledger in the remote of a clone.
pub(crate) fn remote(clone: &Path) -> Git {
    Git::on_remote(clone, "origin", &prod()).expect("it has a remote")
}

/// The ledger in the repository itself.
pub(crate) fn here(repository: &Path) -> Git {
    Git::in_repository(repository, &prod()).expect("it is a repository")
}

pub(crate) fn plan() -> Plan {
    Plan {
        basis: Basis {
            tenant: TenantId::new("tenant-1"),
            environment: prod(),
            declaration: Digest::of(&"declaration"),
            snapshot: Digest::of(&"snapshot"),
            observed: BTreeMap::new(),
            version: "0.1.0".to_owned(),
        },
        steps: Vec::new(),
        left_alone: Vec::new(),
        objects: BTreeMap::new(),
    }
}

pub(crate) fn run(who: &str) -> Run {
    Run {
        who: who.to_owned(),
        at: AT.to_owned(),
    }
}

pub(crate) fn objects(id: &str) -> Applied {
    let object = ManagedObject {
        entity: "group".to_owned(),
        target: Target::Existing(ObjectId::new(id)),
        parent: None,
        declared: Digest::of(&id),
        deletion: Deletion::Allowed,
    };
    BTreeMap::from([(Address::new("group", "payments"), object)])
}

/// Takes the tenant and leaves it held.
pub(crate) fn take(ledger: &mut Git, who: &str) -> Result<u64, LedgerError> {
    acquire(ledger, &plan(), &run(who), who).map(|lock| lock.epoch())
}

/// Appends an intent and its receipt.
pub(crate) fn apply_once(ledger: &mut Git, who: &str) {
    let lock = acquire(ledger, &plan(), &run(who), who).expect("it is idle");
    lock.receipt(ledger, objects(who), &run(who))
        .expect("it is recorded");
}

/// Runs git as a person would, and gives what it printed.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=eve", "-c", "user.email=eve@example.com"])
        .args(["-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git runs");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Makes a commit with these files on top of another, as somebody who knows git could.
pub(crate) fn commit(repository: &Path, parents: &[&str], files: &[(&str, &str)]) -> String {
    let mut tree = String::new();
    for (name, text) in files {
        let path = repository.join("a-file-to-hash");
        fs::write(&path, text).expect("it is written");
        let blob = git(
            repository,
            &["hash-object", "-w", "--no-filters", "a-file-to-hash"],
        );
        fs::remove_file(&path).expect("it is there");
        tree.push_str(&format!("100644 blob {blob}\t{name}\n"));
    }
    let listed = repository.join("a-tree-to-make");
    fs::write(&listed, tree).expect("it is written");
    let output = Command::new("git")
        .arg("mktree")
        .current_dir(repository)
        .stdin(fs::File::open(&listed).expect("it is there"))
        .output()
        .expect("git runs");
    fs::remove_file(&listed).expect("it is there");
    let tree = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut arguments = vec!["commit-tree", &tree, "-m", "by hand"];
    for parent in parents {
        arguments.extend(["-p", parent]);
    }
    git(repository, &arguments)
}
