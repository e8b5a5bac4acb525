//! The ledger in a folder: one holder, whole records, and damage that is named.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Barrier;

use idac::address::{Address, Name, ObjectId, TenantId};
use idac::digest::Digest;
use idac::ledger::{
    Folder, Ledger, LedgerError, Record, RecordKind, Recoverer, Run, SCHEMA, acquire, last_receipt,
    take_over, verify,
};
use idac::object::Deletion;
use idac::plan::{Applied, Basis, ManagedObject, Plan, Target};
use tempfile::TempDir;

const RUNS: usize = 32;

fn plan() -> Plan {
    plan_for("tenant-1")
}

fn plan_for(tenant: &str) -> Plan {
    Plan {
        basis: Basis {
            tenant: TenantId::new(tenant),
            environment: Name::new("prod"),
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

fn run(who: &str) -> Run {
    Run {
        who: who.to_owned(),
        at: "2026-01-01T10:00:00Z".to_owned(),
    }
}

fn objects(id: &str) -> Applied {
    let object = ManagedObject {
        entity: "group".to_owned(),
        target: Target::Existing(ObjectId::new(id)),
        parent: None,
        declared: Digest::of(&id),
        deletion: Deletion::Allowed,
    };
    BTreeMap::from([(Address::new("group", "payments"), object)])
}

/// A folder with a ledger of two records: an intent and its receipt.
fn applied_once() -> (TempDir, Folder) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Folder::open(folder.path());
    let lock = acquire(&mut ledger, &plan(), &run("ana@laptop"), "n1").expect("it is idle");
    lock.receipt(&mut ledger, objects("id-1"), &run("ana@laptop"))
        .expect("it is recorded");
    (folder, ledger)
}

/// A folder with a ledger whose only record is the intent of a run that died.
fn died() -> (TempDir, Folder) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Folder::open(folder.path());
    drop(acquire(&mut ledger, &plan(), &run("ana@laptop"), "n1").expect("it is idle"));
    (folder, ledger)
}

fn acquire_in(path: &Path, who: &str) -> Result<u64, LedgerError> {
    let mut ledger = Folder::open(path);
    acquire(&mut ledger, &plan(), &run(who), who).map(|lock| lock.epoch())
}

// ── who holds it ────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn of_many_threads_exactly_one_holds_the_tenant_and_the_others_say_who() {
    let folder = tempfile::tempdir().expect("a folder");
    let barrier = Barrier::new(RUNS);
    let results: Vec<Result<u64, LedgerError>> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..RUNS)
            .map(|at| {
                let (barrier, path) = (&barrier, folder.path());
                scope.spawn(move || {
                    barrier.wait();
                    acquire_in(path, &format!("run-{at}"))
                })
            })
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("the thread ends"))
            .collect()
    });
    let winner = results
        .iter()
        .position(Result::is_ok)
        .expect("one of them holds it");
    assert_eq!(holders(results.iter().enumerate()), expected(winner));
    assert_eq!(verify(&Folder::open(folder.path())).expect("whole").0, 1);
}

/// What a run that did not get the tenant says.
fn expected(winner: usize) -> Vec<String> {
    let text = format!("the tenant is held by run-{winner} since 2026-01-01T10:00:00Z (record 1)");
    vec![text; RUNS - 1]
}

fn holders<'a>(
    results: impl Iterator<Item = (usize, &'a Result<u64, LedgerError>)>,
) -> Vec<String> {
    results
        .filter_map(|(_, result)| result.as_ref().err().map(LedgerError::to_string))
        .collect()
}

#[test]
fn of_many_processes_exactly_one_holds_the_tenant_and_the_others_say_who() {
    let folder = tempfile::tempdir().expect("a folder");
    let this = std::env::current_exe().expect("the test's own program");
    let racers: Vec<_> = (0..RUNS)
        .map(|at| {
            Command::new(&this)
                .args(["--exact", "a_run_alone_takes_the_tenant"])
                .env("IDAC_TEST_RACE", folder.path())
                .env("IDAC_TEST_RACER", at.to_string())
                .stdout(std::process::Stdio::null())
                .spawn()
                .expect("it starts")
        })
        .collect();
    fs::write(folder.path().join("go"), "").expect("it is written");
    for mut racer in racers {
        assert!(racer.wait().expect("it ends").success());
    }
    let results: Vec<String> = (0..RUNS)
        .map(|at| fs::read_to_string(folder.path().join(format!("result-{at}"))).expect("it said"))
        .collect();
    let winner = results
        .iter()
        .position(|result| result == "holds record 1")
        .expect("one of them holds it");
    let mut others = results;
    others.remove(winner);
    assert_eq!(others, expected(winner));
}

/// Also what each process of the race does.
#[test]
fn a_run_alone_takes_the_tenant() {
    let Some(folder) = std::env::var_os("IDAC_TEST_RACE") else {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(acquire_in(folder.path(), "alone").expect("it is idle"), 1);
        return;
    };
    let folder = Path::new(&folder);
    let at = std::env::var_os("IDAC_TEST_RACER").expect("it is set with the other");
    let at = at.to_str().expect("a number");
    while !folder.join("go").exists() {
        std::thread::yield_now();
    }
    let said = match acquire_in(&folder.join("ledger"), &format!("run-{at}")) {
        Ok(epoch) => format!("holds record {epoch}"),
        Err(error) => error.to_string(),
    };
    fs::write(folder.join(format!("result-{at}")), said).expect("it is written");
}

#[test]
fn of_many_writers_of_one_record_exactly_one_wins() {
    let (folder, _) = applied_once();
    let tip = Folder::open(folder.path())
        .tip()
        .expect("it is read")
        .expect("there is one");
    let barrier = Barrier::new(RUNS);
    let results: Vec<Result<(), LedgerError>> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..RUNS)
            .map(|at| {
                let (barrier, path, tip) = (&barrier, folder.path(), &tip);
                scope.spawn(move || {
                    let record = Record {
                        schema: SCHEMA,
                        epoch: 3,
                        previous: Some(tip.digest.clone()),
                        tenant: TenantId::new("tenant-1"),
                        environment: Name::new("prod"),
                        kind: RecordKind::Intent {
                            plan: Box::new(plan()),
                        },
                        run: run(&format!("run-{at}")),
                        nonce: format!("n-{at}"),
                    };
                    barrier.wait();
                    Folder::open(path).append(&record)
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().expect("the thread ends"))
            .collect()
    });
    let winner = results
        .iter()
        .position(Result::is_ok)
        .expect("one of them wins");
    for (at, result) in results.iter().enumerate().filter(|(at, _)| *at != winner) {
        let error = result.as_ref().expect_err("another was first").to_string();
        let text =
            format!("run-{winner} was first with record 3, at 2026-01-01T10:00:00Z; plan again");
        assert_eq!(error, text, "run-{at}");
    }
    let left: Vec<String> = names(folder.path())
        .into_iter()
        .filter(|name| name.starts_with(".new"))
        .collect();
    assert_eq!(left, [""; 0], "no temporary file is left");
}

#[test]
fn a_ledger_of_another_tenant_is_refused() {
    let (_folder, mut ledger) = applied_once();
    let error = acquire(&mut ledger, &plan_for("tenant-2"), &run("ben"), "n2");
    assert_eq!(
        error.expect_err("it is another tenant").to_string(),
        "the ledger tells of environment `prod` (tenant tenant-1), and the plan is for environment `prod` (tenant tenant-2); put the ledger of that \
         environment there, or none"
    );
}

#[test]
fn the_newest_receipt_is_what_was_applied_last() {
    let (_folder, mut ledger) = applied_once();
    let lock = acquire(&mut ledger, &plan(), &run("ben"), "n2").expect("it is idle");
    let aborted = lock.aborted(&mut ledger, "refused".to_owned(), &run("ben"));
    assert_eq!(aborted.expect("it is recorded"), 4);
    assert_eq!(last_receipt(&ledger).expect("it is read"), objects("id-1"));
    assert_eq!(verify(&ledger).expect("whole").0, 4);
}

// ── runs that died ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_run_at_work_is_never_taken_over_whoever_asks() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Folder::open(folder.path());
    let lock = acquire(&mut ledger, &plan(), &run("ana@laptop"), "n1").expect("it is idle");
    for recoverer in [Recoverer::Apply, Recoverer::Person] {
        let error = take_over(&mut ledger, recoverer, &run("ben"), "n2").expect_err("it is held");
        assert_eq!(
            error.to_string(),
            "the tenant is held by ana@laptop since 2026-01-01T10:00:00Z (record 1)"
        );
    }
    assert_eq!(lock.epoch(), 1);
}

#[test]
fn a_run_that_died_is_taken_over_with_its_plan_and_its_journal() {
    let (_folder, mut ledger) = died();
    let (lock, found) = take_over(&mut ledger, Recoverer::Apply, &run("ben"), "n2")
        .expect("the run is over")
        .expect("there is something to recover");
    assert_eq!((found, lock.journal(), lock.epoch()), (plan(), "n1", 2));
    lock.receipt(&mut ledger, objects("id-1"), &run("ben"))
        .expect("it is recorded");
    let again = take_over(&mut ledger, Recoverer::Apply, &run("ben"), "n3").expect("it is read");
    assert!(again.is_none());
    assert_eq!(verify(&ledger).expect("whole").0, 3);
}

#[test]
fn a_recovery_that_died_is_recovered_too() {
    let (_folder, mut ledger) = died();
    for (nonce, epoch) in [("n2", 2), ("n3", 3)] {
        let (lock, found) = take_over(&mut ledger, Recoverer::Apply, &run("ben"), nonce)
            .expect("the run is over")
            .expect("there is something to recover");
        assert_eq!((found, lock.journal(), lock.epoch()), (plan(), "n1", epoch));
    }
}

#[test]
fn a_run_that_is_not_proven_to_be_over_is_taken_over_by_a_person_only_and_then_has_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Folder::open(folder.path());
    let lock = acquire(&mut ledger, &plan(), &run("ana@laptop"), "n1").expect("it is idle");
    // As if the folder had come from another machine, where the run is.
    for name in names(folder.path()) {
        if name.starts_with(".run") {
            fs::remove_file(folder.path().join(name)).expect("it is there");
        }
    }
    let mut elsewhere = Folder::open(folder.path());
    let error = take_over(&mut elsewhere, Recoverer::Apply, &run("ben"), "n2");
    assert_eq!(
        error.expect_err("it cannot tell").to_string(),
        "the tenant is held by ana@laptop since 2026-01-01T10:00:00Z (record 1), and nothing here tells whether that \
         run is over; if it is, run `idac recover`"
    );
    let taken = take_over(&mut elsewhere, Recoverer::Person, &run("ben"), "n2");
    assert!(taken.expect("a person says so").is_some());
    let ended = lock.receipt(&mut ledger, objects("id-1"), &run("ana@laptop"));
    assert_eq!(
        ended.expect_err("it is not the tip").to_string(),
        "ben was first with record 2, at 2026-01-01T10:00:00Z; plan again"
    );
    assert_eq!(last_receipt(&ledger).expect("it is read"), Applied::new());
}

#[test]
fn of_many_who_recover_a_run_exactly_one_does() {
    let (folder, _) = died();
    let barrier = Barrier::new(RUNS);
    let taken = std::thread::scope(|scope| {
        let recoverers: Vec<_> = (0..RUNS)
            .map(|at| {
                let (barrier, path) = (&barrier, folder.path());
                scope.spawn(move || {
                    let who = format!("run-{at}");
                    let mut ledger = Folder::open(path);
                    barrier.wait();
                    let taken = take_over(&mut ledger, Recoverer::Apply, &run(&who), &who);
                    // Kept until all have tried: who let go would be over.
                    barrier.wait();
                    taken.is_ok_and(|taken| taken.is_some())
                })
            })
            .collect();
        recoverers
            .into_iter()
            .map(|recoverer| recoverer.join().expect("the thread ends"))
            .filter(|has_it| *has_it)
            .count()
    });
    assert_eq!(taken, 1);
    assert_eq!(verify(&Folder::open(folder.path())).expect("whole").0, 2);
}

#[test]
fn a_closed_tenant_waits_for_a_person() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Folder::open(folder.path());
    let lock = acquire(&mut ledger, &plan(), &run("ana@laptop"), "n1").expect("it is idle");
    lock.dirty(
        &mut ledger,
        "step 3 was refused".to_owned(),
        &run("ana@laptop"),
    )
    .expect("it is recorded");
    let closed = "the tenant is closed since 2026-01-01T10:00:00Z (record 2, ana@laptop): step 3 was refused; put \
                  right what stands there, then run `idac recover`";
    let error = acquire(&mut ledger, &plan(), &run("ben"), "n2").expect_err("it is closed");
    assert_eq!(error.to_string(), closed);
    let error = take_over(&mut ledger, Recoverer::Apply, &run("ben"), "n2");
    assert_eq!(error.expect_err("it is closed").to_string(), closed);
    let taken = take_over(&mut ledger, Recoverer::Person, &run("ben"), "n2");
    let (lock, _) = taken.expect("a person may").expect("there is something");
    lock.aborted(&mut ledger, "put back".to_owned(), &run("ben"))
        .expect("it is recorded");
    assert_eq!(verify(&ledger).expect("whole").0, 4);
}

// ── crashes and damage ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_crash_before_a_record_has_its_name_leaves_no_record() {
    let (source, _) = died();
    let whole = fs::read(source.path().join("000001.json")).expect("it is there");
    for length in [0, 1, whole.len() / 2, whole.len()] {
        let folder = tempfile::tempdir().expect("a folder");
        let torn = folder.path().join(".new-000001-0123456789ab");
        fs::write(&torn, &whole[..length]).expect("it is written");
        let mut ledger = Folder::open(folder.path());
        assert_eq!(ledger.tip().expect("it is read"), None);
        let lock = acquire(&mut ledger, &plan(), &run("ben"), "n2").expect("it is idle");
        assert_eq!(lock.epoch(), 1, "{length} bytes");
    }
}

#[test]
fn a_record_that_is_cut_or_changed_is_named() {
    let (folder, ledger) = applied_once();
    let path = folder.path().join("000002.json");
    let text = fs::read_to_string(&path).expect("it is there");
    for (damage, why) in [
        (text[..text.len() / 2].to_owned(), "is not a whole record"),
        (String::new(), "is not a whole record"),
        (
            text.replace("ana@laptop", "eve@laptop"),
            "is not what was written: its digest differs",
        ),
    ] {
        fs::write(&path, damage).expect("it is written");
        assert_eq!(
            ledger.tip().expect_err("it is damaged").to_string(),
            format!(
                "the ledger is damaged: {} {why}; restore the ledger from a backup; what it says cannot be guessed",
                path.display()
            )
        );
    }
}

#[test]
fn a_history_that_was_rewritten_with_its_digest_is_found_by_the_chain() {
    let (folder, ledger) = applied_once();
    let path = folder.path().join("000001.json");
    let text = fs::read_to_string(&path).expect("it is there");
    let mut kept: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    kept["record"]["run"]["who"] = "eve@laptop".into();
    kept["digest"] = Digest::of(&kept["record"]).as_str().into();
    fs::write(&path, kept.to_string()).expect("it is written");
    assert!(ledger.tip().is_ok(), "the tip is read without the chain");
    let error = verify(&ledger).expect_err("it was changed").to_string();
    assert!(
        error.contains("record 2 does not follow from the record before: one of them was changed"),
        "{error}"
    );
}

#[test]
fn a_record_that_is_missing_and_a_file_that_is_none_are_named() {
    let (folder, ledger) = applied_once();
    let notes = folder.path().join("notes.txt");
    fs::write(&notes, "remember").expect("it is written");
    let error = ledger.tip().expect_err("it is foreign").to_string();
    assert!(
        error.ends_with("notes.txt is no record; move it elsewhere"),
        "{error}"
    );
    fs::remove_file(&notes).expect("it is there");
    fs::remove_file(folder.path().join("000001.json")).expect("it is there");
    let error = ledger.tip().expect_err("one is missing").to_string();
    assert!(error.contains("000001.json is missing"), "{error}");
}

#[test]
fn a_record_of_a_newer_form_is_not_guessed() {
    let (folder, ledger) = applied_once();
    let path = folder.path().join("000002.json");
    let text = fs::read_to_string(&path).expect("it is there");
    let mut kept: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    kept["record"]["schema"] = 2.into();
    kept["record"]["group"] = "new".into();
    kept["digest"] = Digest::of(&kept["record"]).as_str().into();
    fs::write(&path, kept.to_string()).expect("it is written");
    let error = ledger.tip().expect_err("it is newer").to_string();
    assert!(
        error
            .ends_with("000002.json was written by a newer idac (its form is 2); use that version"),
        "{error}"
    );
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .expect("it is there")
        .map(|entry| {
            let entry = entry.expect("it is read");
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect()
}
