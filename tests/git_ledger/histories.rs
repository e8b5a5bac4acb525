//! Histories that are not what they were: torn, forged, rewritten, set back, mixed with others, cut off.

use std::path::PathBuf;

use idac::digest::Digest;
use idac::ledger::{Git, Ledger, LedgerError, Record, RecordKind, SCHEMA, Sealed, verify};

use crate::place::{BRANCH, Place, apply_once, commit, git, here, plan, prod, remote, run, take};

/// The commits of the branch, oldest first.
fn commits(place: &Place) -> Vec<String> {
    let listed = git(&place.origin(), &["rev-list", "--reverse", BRANCH]);
    listed.lines().map(str::to_owned).collect()
}

fn record_of(place: &Place, commit: &str) -> String {
    let mut text = git(
        &place.origin(),
        &["cat-file", "blob", &format!("{commit}:record.json")],
    );
    text.push('\n');
    text
}

/// A ledger of two records as somebody without a memory finds it, after the branch was moved.
fn moved_to(place: &Place, commit: &str) -> Git {
    git(&place.origin(), &["update-ref", BRANCH, commit]);
    remote(&place.clone_as(&commit[..12]))
}

fn applied_once() -> (Place, PathBuf) {
    let place = Place::new();
    let clone = place.clone_as("clone");
    apply_once(&mut remote(&clone), "ana@laptop");
    (place, clone)
}

fn said(result: Result<impl std::fmt::Debug, LedgerError>) -> String {
    result.expect_err("it is damaged").to_string()
}

#[test]
fn a_record_that_is_torn_or_forged_is_named_with_its_commit() {
    let (place, _) = applied_once();
    let all = commits(&place);
    let text = record_of(&place, &all[1]);
    for (damage, why) in [
        (text[..text.len() / 2].to_owned(), "is not a whole record"),
        (
            text.replace("ana@laptop", "eve@laptop"),
            "is not what was written: its digest differs",
        ),
    ] {
        let forged = commit(&place.origin(), &[&all[0]], &[("record.json", &damage)]);
        let said = said(moved_to(&place, &forged).tip());
        assert!(
            said.contains(&format!(
                "commit {} of idac/ledger/prod on the remote origin {why}",
                &forged[..12]
            )),
            "{said}"
        );
    }
}

#[test]
fn a_history_that_was_rewritten_with_its_digest_is_found_by_the_chain() {
    let (place, _) = applied_once();
    let all = commits(&place);
    let mut kept: serde_json::Value =
        serde_json::from_str(&record_of(&place, &all[0])).expect("JSON");
    kept["record"]["run"]["who"] = "eve@laptop".into();
    kept["digest"] = Digest::of(&kept["record"]).as_str().into();
    let first = commit(&place.origin(), &[], &[("record.json", &kept.to_string())]);
    let second = record_of(&place, &all[1]);
    let forged = commit(&place.origin(), &[&first], &[("record.json", &second)]);
    let ledger = moved_to(&place, &forged);
    assert!(ledger.tip().is_ok(), "the tip is read without the chain");
    let said = said(verify(&ledger));
    assert!(
        said.contains("record 2 does not follow from the record before: one of them was changed"),
        "{said}"
    );
}

#[test]
fn commits_that_are_no_records_are_named() {
    let (place, _) = applied_once();
    let all = commits(&place);
    let text = record_of(&place, &all[1]);
    let origin = place.origin();
    let readme = commit(&origin, &[&all[1]], &[("README.md", "hello")]);
    let beside = commit(
        &origin,
        &[&all[0]],
        &[("a.txt", "x"), ("record.json", &text)],
    );
    let merge = commit(&origin, &[&all[0], &readme], &[("record.json", &text)]);
    let rootless = commit(&origin, &[], &[("record.json", &text)]);
    for (forged, why) in [
        (&readme, "is no record"),
        (&beside, "is no record"),
        (&merge, "is a merge, which no record is"),
        (&rootless, "does not stand where record 2 stands"),
    ] {
        let said = said(moved_to(&place, forged).tip());
        let place = format!(
            "commit {} of idac/ledger/prod on the remote origin",
            &forged[..12]
        );
        assert!(said.contains(&format!("{place} {why}")), "{said}");
    }
    // One that is below the tip is found by whoever walks the history.
    let above = commit(&origin, &[&readme], &[("record.json", &text)]);
    let said = said(verify(&moved_to(&place, &above)));
    assert!(
        said.contains(&format!("commit {} ", &readme[..12])),
        "{said}"
    );
}

#[test]
fn a_branch_that_was_set_back_is_refused_by_whoever_saw_it_further() {
    let (place, clone) = applied_once();
    let all = commits(&place);
    git(&place.origin(), &["update-ref", BRANCH, &all[0]]);
    let said = said(take(&mut remote(&clone), "ben"));
    assert!(
        said.contains(&format!(
            "idac/ledger/prod on the remote origin was set back or replaced: record 2 ({}) was seen, and is no \
             longer part of it",
            &all[1][..12]
        )),
        "{said}"
    );
    // Nobody who did not see it can know: what is left is a whole chain.
    assert_eq!(
        verify(&remote(&place.clone_as("fresh"))).expect("whole").0,
        1
    );
    git(&place.origin(), &["update-ref", "-d", BRANCH]);
    let said = self::said(remote(&clone).tip());
    assert!(said.contains("is gone: record 2"), "{said}");
    git(&place.origin(), &["update-ref", BRANCH, &all[1]]);
    assert_eq!(verify(&remote(&clone)).expect("it is back").0, 2);
}

#[test]
fn a_branch_that_was_set_back_and_went_on_from_there_is_refused_by_whoever_saw_it_before() {
    let (place, clone) = applied_once();
    apply_once(&mut remote(&clone), "ben");
    let all = commits(&place);
    git(&place.origin(), &["update-ref", BRANCH, &all[1]]);
    let elsewhere = place.clone_as("elsewhere");
    apply_once(&mut remote(&elsewhere), "cleo");
    assert_eq!(verify(&remote(&elsewhere)).expect("whole").0, 4);
    let said = said(remote(&clone).tip());
    assert!(
        said.contains("was set back or replaced: record 4"),
        "{said}"
    );
}

#[test]
fn a_repository_that_is_the_ledgers_own_remembers_too() {
    let place = Place::new();
    let mut ledger = here(&place.origin());
    apply_once(&mut ledger, "ana");
    let all = commits(&place);
    git(&place.origin(), &["update-ref", BRANCH, &all[0]]);
    let said = said(ledger.tip());
    assert!(
        said.contains("was set back or replaced: record 2"),
        "{said}"
    );
}

#[test]
fn a_shallow_clone_gets_what_was_cut_off_and_no_other_history() {
    let (place, clone) = applied_once();
    apply_once(&mut remote(&clone), "ben");
    let main = commit(&place.origin(), &[], &[("a.txt", "one")]);
    let main = commit(&place.origin(), &[&main], &[("a.txt", "two")]);
    git(&place.origin(), &["update-ref", "refs/heads/main", &main]);
    git(
        &place.origin(),
        &["symbolic-ref", "HEAD", "refs/heads/main"],
    );
    let url = format!("file://{}", place.origin().display());
    git(
        place.path(),
        &["clone", "--quiet", "--depth=1", &url, "shallow"],
    );
    let shallow = place.path().join("shallow");
    git(
        &shallow,
        &["fetch", "--quiet", "--depth=1", "origin", BRANCH],
    );
    let ledger = remote(&shallow);
    assert_eq!(
        ledger
            .tip()
            .expect("it is read")
            .map(|tip| tip.record.epoch),
        Some(4)
    );
    assert_eq!(
        ledger.record(1).expect("it is got").record.run,
        run("ana@laptop")
    );
    assert_eq!(verify(&ledger).expect("whole").0, 4);
    assert_eq!(git(&shallow, &["rev-list", "--count", "HEAD"]), "1");
    apply_once(&mut remote(&shallow), "cleo");
    assert_eq!(verify(&remote(&clone)).expect("whole").0, 6);
}

#[test]
fn a_history_whose_beginning_is_nowhere_is_not_taken_for_whole() {
    let (place, clone) = applied_once();
    apply_once(&mut remote(&clone), "ben");
    let url = format!("file://{}", place.origin().display());
    git(
        place.path(),
        &[
            "clone",
            "--quiet",
            "--bare",
            "--depth=2",
            "-b",
            "idac/ledger/prod",
            &url,
            "cut.git",
        ],
    );
    let said = said(verify(&here(&place.path().join("cut.git"))));
    assert!(
        said.contains("is where the history ends, and is not its beginning"),
        "{said}"
    );
}

#[test]
fn a_record_that_was_built_on_an_older_tip_is_refused() {
    let (place, clone) = applied_once();
    let mut ledger = remote(&clone);
    let tip: Sealed = ledger.tip().expect("it is read").expect("there is one");
    let record = |epoch, previous| Record {
        schema: SCHEMA,
        epoch,
        previous,
        tenant: tip.record.tenant.clone(),
        environment: prod(),
        kind: RecordKind::Intent {
            plan: Box::new(plan()),
        },
        run: run("ben"),
        nonce: "n2".to_owned(),
    };
    for (epoch, previous, why) in [
        (
            2,
            Some(tip.digest.clone()),
            "ana@laptop was first with record 2",
        ),
        (
            3,
            None,
            "record 2 of idac/ledger/prod on the remote origin is not the record that it was",
        ),
        (
            4,
            Some(tip.digest.clone()),
            "record 3 of idac/ledger/prod on the remote origin is missing",
        ),
    ] {
        let said = said(ledger.append(&record(epoch, previous)));
        assert!(said.contains(why), "{said}");
    }
    assert_eq!(commits(&place).len(), 2);
}
