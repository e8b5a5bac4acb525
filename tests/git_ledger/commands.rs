//! The commands with a ledger in git: what people type, and what they are told.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::place::{BRANCH, Place, git, plan, run};
use idac::address::Name;
use idac::ledger::{Git, acquire};

const ROOT: [(&str, &str); 3] = [
    ("idac.yaml", "project: contoso\n"),
    ("environments/prod.yaml", "tenant: emulator\n"),
    (
        "operators.yaml",
        "kind: group\nname: operators\ndisplayName: Operators\n",
    ),
];

/// A clone that declares a group.
fn declared(place: &Place, name: &str) -> std::path::PathBuf {
    let clone = place.clone_as(name);
    for (path, text) in ROOT {
        let path = clone.join("identities").join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(path, text).expect("it is written");
    }
    clone
}

/// What the command printed, and its exit code.
fn idac(folder: &Path, arguments: &str) -> (String, Option<i32>) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    idac_with(folder, arguments, &path)
}

fn idac_with(folder: &Path, arguments: &str, path: &OsStr) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_idac"))
        .env("PATH", path)
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("USER", "ana")
        .env("HOSTNAME", "laptop")
        .env_remove("GITHUB_REPOSITORY")
        .output()
        .expect("idac runs");
    let text = [output.stdout, output.stderr].concat();
    (
        String::from_utf8_lossy(&text).into_owned(),
        output.status.code(),
    )
}

#[test]
fn what_one_clone_applied_another_reads() {
    let place = Place::new();
    let (here, there) = (declared(&place, "here"), declared(&place, "there"));
    let (applied, code) = idac(&here, "apply --yes --ledger git");
    assert!(
        applied.contains("Receipt: record 2 of the ledger"),
        "{applied}"
    );
    assert_eq!(code, Some(0));
    assert!(
        !here.join(".idac/prod/ledger").exists(),
        "no ledger in a folder"
    );
    let (log, _) = idac(&there, "ledger log --ledger git");
    let told: Vec<String> = log
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            [&words[..1], &words[2..5], &words[6..]].concat().join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "2 ana@laptop applied plan 1 step",
            "1 ana@laptop began plan 1 step"
        ],
        "{log}"
    );
    let (verified, code) = idac(&there, "ledger verify --ledger-remote origin");
    assert!(
        verified.starts_with("The ledger is whole: 2 records"),
        "{verified}"
    );
    assert_eq!(code, Some(0));
    // The second apply of the first clone finds nothing to do.
    let (again, _) = idac(&here, "plan --ledger git --detailed-exit-code");
    assert!(again.starts_with("No changes."), "{again}");
}

#[test]
fn a_repository_on_this_disk_is_named_by_its_path() {
    let place = Place::new();
    let clone = declared(&place, "clone");
    let (applied, code) = idac(&clone, "apply --yes --ledger-remote ../origin.git");
    assert_eq!(code, Some(0), "{applied}");
    assert_eq!(git(&place.origin(), &["rev-list", "--count", BRANCH]), "2");
    let (shown, _) = idac(
        &clone,
        "ledger show 1 --ledger-remote ../origin.git --format json",
    );
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(
        shown["record"]["kind"]["intent"]["plan"]["steps"][0]["subject"],
        "group/operators"
    );
    // A person's own git reads it as well.
    let read = git(
        &place.origin(),
        &["show", &format!("{BRANCH}~1:record.json")],
    );
    let read: serde_json::Value = serde_json::from_str(&read).expect("JSON");
    assert_eq!(read, shown);
}

#[test]
fn a_tenant_that_is_held_in_git_is_neither_applied_to_nor_taken_over_without_a_person() {
    let place = Place::new();
    let clone = declared(&place, "clone");
    idac(&clone, "apply --yes --ledger git");
    let mut ledger = Git::on_remote(&clone, "origin", &Name::new("prod")).expect("it has a remote");
    let (shown, _) = idac(&clone, "ledger show 1 --ledger git --format json");
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let mut held = plan();
    held.basis.tenant = serde_json::from_value(shown["record"]["tenant"].clone()).expect("an id");
    drop(acquire(&mut ledger, &held, &run("ben@runner"), "n3").expect("it is idle"));
    let (refused, code) = idac(&clone, "apply --yes --ledger git");
    assert!(
        refused.contains("is held by ben@runner since 2026-01-01T10:00:00Z (record 3), and nothing here tells whether"),
        "{refused}"
    );
    assert_eq!(code, Some(1));
    let (log, _) = idac(&clone, "ledger log --ledger git");
    assert!(log.contains("ben@runner  began, and holds it  "), "{log}");
    let (recovered, code) = idac(&clone, "recover --yes --ledger git");
    assert_eq!(code, Some(0), "{recovered}");
    let (log, _) = idac(&clone, "ledger log --ledger git");
    assert!(log.contains("ana@laptop  took over record 3  "), "{log}");
    assert!(log.starts_with("5  "), "{log}");
}

#[test]
fn a_ledger_that_was_tampered_with_is_verified_with_an_error() {
    let place = Place::new();
    let clone = declared(&place, "clone");
    idac(&clone, "apply --yes --ledger git");
    let first = git(&place.origin(), &["rev-parse", &format!("{BRANCH}~1")]);
    git(&place.origin(), &["update-ref", BRANCH, &first]);
    let (said, code) = idac(&clone, "ledger verify --ledger git");
    assert!(
        said.contains("was set back or replaced: record 2 ("),
        "{said}"
    );
    assert_eq!(code, Some(1));
}

#[test]
fn a_ledger_that_cannot_be_meant_is_wrong_usage() {
    let place = Place::new();
    let clone = declared(&place, "clone");
    for (arguments, said, code) in [
        (
            "ledger log --ledger folder --ledger-remote origin",
            "--ledger-remote was given for a ledger in a folder",
            2,
        ),
        (
            "ledger log --ledger-remote https://robot:s3cr3t@example.com/r.git",
            "takes the name of a remote or a path, not a URL",
            2,
        ),
        (
            "ledger log --ledger-remote upstream",
            "cannot find the remote `upstream`: the repository has origin",
            1,
        ),
        (
            "ledger show newest",
            "it is neither a number nor `latest`",
            2,
        ),
    ] {
        let (text, exit) = idac(&clone, arguments);
        assert!(text.contains(said) && !text.contains("s3cr3t"), "{text}");
        assert_eq!(exit, Some(code), "{arguments}");
    }
}

fn search_path() -> String {
    let path = std::env::var_os("PATH").expect("there is one");
    path.into_string().expect("it is text")
}

/// A search path whose first git does this before it is git; `$1` and so on are what git was asked.
fn git_that(place: &Place, script: &str) -> std::ffi::OsString {
    let folder = place.path().join("bin");
    fs::create_dir_all(&folder).expect("a folder");
    let path = search_path();
    let text = format!(
        "#!/bin/sh\nplace={}\n{script}\nPATH='{path}' exec git \"$@\"\n",
        place.path().display()
    );
    fs::write(folder.join("git"), text).expect("it is written");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.join("git"), mode).expect("it is there");
    format!("{}:{path}", folder.display()).into()
}

#[test]
fn a_git_that_is_interrupted_with_idac_is_run_once_more() {
    let place = Place::new();
    let clone = declared(&place, "clone");
    // Each kind of command dies the first time that it is run; a push after it took effect.
    let script = r#"
        for word in "$@"; do case $word in
            ls-remote|fetch|cat-file|commit-tree|push)
                if ! [ -e "$place/$word" ]; then
                    touch "$place/$word"
                    [ $word != push ] || PATH=$real git "$@" >/dev/null 2>&1
                    kill -INT $$
                fi ;;
        esac; done"#;
    let real = search_path();
    let path = git_that(&place, &script.replace("$real", &format!("'{real}'")));
    let (applied, code) = idac_with(&clone, "apply --yes --ledger git", &path);
    assert_eq!(code, Some(0), "{applied}");
    for died in ["ls-remote", "cat-file", "commit-tree", "push"] {
        assert!(place.path().join(died).exists(), "{died}");
    }
    let (verified, _) = idac(&clone, "ledger verify --ledger git");
    assert!(
        verified.starts_with("The ledger is whole: 2 records"),
        "{verified}"
    );
}

#[test]
fn without_git_there_is_no_ledger_in_git() {
    let place = Place::new();
    let clone = declared(&place, "clone");
    let (said, code) = idac_with(
        &clone,
        "ledger log --ledger git",
        OsStr::new("/nonexistent"),
    );
    assert!(said.contains("cannot run git"), "{said}");
    assert_eq!(code, Some(1));
}
