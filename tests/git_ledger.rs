//! The ledger on a git branch, against real repositories on this disk: one holder, whole records, no answer that is
//! guessed, and every change of the history that can be seen.

#![cfg(unix)]

#[path = "git_ledger/answers.rs"]
mod answers;
#[path = "git_ledger/commands.rs"]
mod commands;
#[path = "git_ledger/histories.rs"]
mod histories;
#[path = "git_ledger/place.rs"]
mod place;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use idac::ledger::{Ledger, Recoverer, acquire, last_receipt, take_over, verify};
use idac::plan::Applied;
use place::{AT, BRANCH, Place, apply_once, git, here, objects, plan, remote, run, take};

const RUNS: usize = 32;

// ── who holds it ────────────────────────────────────────────────────────────────────────────────────────

/// Where each process of a race finds the ledger.
fn race(kind: &str) {
    let place = Place::new();
    for at in 0..RUNS {
        if kind == "clones" {
            place.clone_as(&format!("clone-{at}"));
        }
    }
    if kind == "clone" {
        place.clone_as("clone");
    }
    let this = std::env::current_exe().expect("the test's own program");
    let racers: Vec<_> = (0..RUNS)
        .map(|at| {
            Command::new(&this)
                .args(["--exact", "a_run_alone_takes_the_tenant"])
                .env("IDAC_TEST_RACE", place.path())
                .env("IDAC_TEST_RACE_KIND", kind)
                .env("IDAC_TEST_RACER", at.to_string())
                .stdout(Stdio::null())
                .spawn()
                .expect("it starts")
        })
        .collect();
    fs::write(place.path().join("go"), "").expect("it is written");
    for mut racer in racers {
        assert!(racer.wait().expect("it ends").success());
    }
    let mut results: Vec<String> = (0..RUNS)
        .map(|at| fs::read_to_string(place.path().join(format!("result-{at}"))).expect("it said"))
        .collect();
    let winner = results
        .iter()
        .position(|result| result == "holds record 1")
        .unwrap_or_else(|| panic!("one of them holds it: {results:#?}"));
    results.remove(winner);
    let held = format!("the tenant is held by run-{winner} since {AT} (record 1)");
    assert_eq!(results, vec![held; RUNS - 1]);
    assert_eq!(verify(&here(&place.origin())).expect("whole").0, 1);
}

#[test]
fn of_many_processes_with_a_clone_each_exactly_one_holds_the_tenant_and_the_others_say_who() {
    race("clones");
}

#[test]
fn of_many_processes_with_one_clone_exactly_one_holds_the_tenant_and_the_others_say_who() {
    race("clone");
}

#[test]
fn of_many_processes_with_one_repository_exactly_one_holds_the_tenant_and_the_others_say_who() {
    race("here");
}

/// Also what each process of a race does.
#[test]
fn a_run_alone_takes_the_tenant() {
    let Some(folder) = std::env::var_os("IDAC_TEST_RACE") else {
        let place = Place::new();
        let taken = take(&mut remote(&place.clone_as("clone")), "alone");
        assert_eq!(taken.expect("it is idle"), 1);
        return;
    };
    let folder = Path::new(&folder);
    let read = |name| std::env::var_os(name).expect("it is set").into_string();
    let (kind, at) = (
        read("IDAC_TEST_RACE_KIND").expect("text"),
        read("IDAC_TEST_RACER").expect("text"),
    );
    while !folder.join("go").exists() {
        std::thread::yield_now();
    }
    let mut ledger = match kind.as_str() {
        "here" => here(&folder.join("origin.git")),
        "clone" => remote(&folder.join("clone")),
        _ => remote(&folder.join(format!("clone-{at}"))),
    };
    let said = match take(&mut ledger, &format!("run-{at}")) {
        Ok(epoch) => format!("holds record {epoch}"),
        Err(error) => error.to_string(),
    };
    fs::write(folder.join(format!("result-{at}")), said).expect("it is written");
}

#[test]
fn records_are_commits_that_a_person_can_read() {
    let place = Place::new();
    let mut ledger = remote(&place.clone_as("clone"));
    apply_once(&mut ledger, "ana@laptop");
    let lock = acquire(&mut ledger, &plan(), &run("ben"), "n2").expect("it is idle");
    lock.aborted(&mut ledger, "refused".to_owned(), &run("ben"))
        .expect("it is recorded");
    let log = ["log", "--reverse", "--format=%s | %an | %ai", BRANCH];
    assert_eq!(
        git(&place.origin(), &log),
        "INTENT 1: 0 steps for prod | idac | 2026-01-01 10:00:00 +0000\n\
         RECEIPT 2: prod is as declared, 1 object | idac | 2026-01-01 10:00:00 +0000\n\
         INTENT 3: 0 steps for prod | idac | 2026-01-01 10:00:00 +0000\n\
         ABORTED 4: prod is as it was before | idac | 2026-01-01 10:00:00 +0000"
    );
    let files = git(&place.origin(), &["ls-tree", "--name-only", BRANCH]);
    assert_eq!(files, "record.json");
    assert_eq!(
        last_receipt(&ledger).expect("it is read"),
        objects("ana@laptop")
    );
    let elsewhere = remote(&place.clone_as("elsewhere"));
    assert_eq!(verify(&elsewhere).expect("whole").0, 4);
    let epochs: Vec<u64> = elsewhere
        .records()
        .expect("whole")
        .iter()
        .map(|record| record.epoch)
        .collect();
    assert_eq!(epochs, [1, 2, 3, 4]);
}

#[test]
fn the_same_record_gives_the_same_commit_and_another_nonce_another() {
    let tips: Vec<String> = ["n1", "n1", "n2"]
        .into_iter()
        .map(|nonce| {
            let place = Place::new();
            let mut ledger = remote(&place.clone_as("clone"));
            acquire(&mut ledger, &plan(), &run("ana"), nonce).expect("it is idle");
            git(&place.origin(), &["rev-parse", BRANCH])
        })
        .collect();
    assert_eq!(tips[0], tips[1]);
    assert_ne!(tips[0], tips[2]);
}

#[test]
fn a_clone_is_left_as_it_was_but_for_what_it_remembers() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    apply_once(&mut remote(&clone), "ana");
    assert_eq!(git(&clone, &["status", "--porcelain", "--ignored"]), "");
    assert_eq!(
        git(&clone, &["for-each-ref", "--format=%(refname)"]),
        "refs/idac/seen/remote/origin/prod\nrefs/remotes/origin/idac/ledger/prod"
    );
    assert!(!clone.join(".git/FETCH_HEAD").exists());
}

// ── runs that died ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_run_that_left_the_tenant_held_is_taken_over_only_when_a_person_says_that_it_is_over() {
    let place = Place::new();
    let mut ledger = remote(&place.clone_as("clone"));
    take(&mut ledger, "ana@laptop").expect("it is idle");
    let error = take_over(&mut ledger, Recoverer::Apply, &run("ben"), "n2");
    assert_eq!(
        error.expect_err("it cannot tell").to_string(),
        format!(
            "the tenant is held by ana@laptop since {AT} (record 1), and nothing here tells whether that run is over; \
             if it is, run `idac recover`"
        )
    );
    let mut elsewhere = remote(&place.clone_as("elsewhere"));
    let taken = take_over(&mut elsewhere, Recoverer::Person, &run("ben"), "n3");
    let (lock, found) = taken.expect("a person says so").expect("there is one");
    assert_eq!(
        (found, lock.epoch(), lock.journal()),
        (plan(), 2, "ana@laptop")
    );
    lock.aborted(&mut elsewhere, "put back".to_owned(), &run("ben"))
        .expect("it is recorded");
    assert_eq!(verify(&ledger).expect("whole").0, 3);
}

#[test]
fn a_run_that_was_taken_over_cannot_record_how_it_ended() {
    let place = Place::new();
    let mut ledger = remote(&place.clone_as("clone"));
    let lock = acquire(&mut ledger, &plan(), &run("ana"), "n1").expect("it is idle");
    let mut elsewhere = remote(&place.clone_as("elsewhere"));
    take_over(&mut elsewhere, Recoverer::Person, &run("ben"), "n2").expect("a person says so");
    let ended = lock.receipt(&mut ledger, objects("id-1"), &run("ana"));
    assert_eq!(
        ended.expect_err("it is not the tip").to_string(),
        format!("ben was first with record 2, at {AT}; plan again")
    );
    assert_eq!(last_receipt(&ledger).expect("it is read"), Applied::new());
}

/// What a process does that is killed by the server's hook while it pushes.
#[test]
fn a_process_that_pushes() {
    let Some(clone) = std::env::var_os("IDAC_TEST_PUSH") else {
        return;
    };
    let clone = PathBuf::from(clone);
    fs::write(clone.join("../pusher"), std::process::id().to_string()).expect("it is written");
    let taken = take(&mut remote(&clone), "ana@laptop");
    panic!("it lives: {taken:?}");
}

fn killed_while_it_pushes(place: &Place, clone: &Path) {
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "a_process_that_pushes"])
        .env("IDAC_TEST_PUSH", clone)
        .stdout(Stdio::null())
        .status()
        .expect("it starts");
    assert_eq!(status.signal(), Some(9), "in {}", place.path().display());
}

#[test]
fn a_crash_between_commit_and_push_leaves_no_record() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    place.hook("pre-receive", "kill -9 $(cat ../pusher); exit 1");
    killed_while_it_pushes(&place, &clone);
    place.unhook("pre-receive");
    assert_eq!(remote(&clone).tip().expect("it is read"), None);
    assert_eq!(take(&mut remote(&clone), "ben").expect("it is idle"), 1);
}

#[test]
fn a_crash_after_the_push_and_before_its_answer_leaves_the_tenant_held() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    place.hook("post-receive", "kill -9 $(cat ../pusher)");
    killed_while_it_pushes(&place, &clone);
    place.unhook("post-receive");
    let held = take(&mut remote(&clone), "ben").expect_err("it is held");
    assert_eq!(
        held.to_string(),
        format!("the tenant is held by ana@laptop since {AT} (record 1)")
    );
}
