//! Answers that are late, lost or no: only the branch says what became of a push.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use idac::ledger::{Git, Ledger, acquire, verify};

use crate::place::{AT, BRANCH, Place, apply_once, git, objects, plan, prod, remote, run, take};

#[test]
fn a_push_whose_answer_is_lost_took_effect_when_the_branch_says_so() {
    let place = Place::new();
    let mut ledger = remote(&place.clone_as("clone"));
    // The server moves the branch and dies before it says so.
    place.hook("post-receive", "kill -9 $PPID");
    let lock = acquire(&mut ledger, &plan(), &run("ana"), "n1").expect("it is there");
    assert_eq!(lock.epoch(), 1);
    lock.receipt(&mut ledger, objects("id-1"), &run("ana"))
        .expect("it is there");
    assert_eq!(verify(&ledger).expect("whole").0, 2);
}

#[test]
fn a_push_whose_answer_is_lost_and_after_which_another_record_came_took_effect() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    // The record that follows ours is made by hand, on top of whatever the tip is.
    let script = "new=$(git rev-parse refs/heads/idac/ledger/prod) && \
                  next=$(git -c user.name=e -c user.email=e commit-tree $new^{tree} -p $new -m x) && \
                  git update-ref refs/heads/idac/ledger/prod $next && kill -9 $PPID";
    place.hook("post-receive", script);
    assert_eq!(take(&mut remote(&clone), "ana").expect("it was the tip"), 1);
}

#[test]
fn a_push_that_never_reaches_the_server_is_tried_again() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    let wrapper = place.path().join("receive");
    fs::write(
        &wrapper,
        "#!/bin/sh\ncd \"$(dirname \"$0\")\"; echo >>tries\n[ $(wc -l <tries) -lt 3 ] && exit 1\nexec git-receive-pack \"$@\"\n",
    )
    .expect("it is written");
    let sh = format!("sh {}", wrapper.display());
    git(
        &clone,
        &[
            "config",
            "remote.origin.url",
            &place.origin().display().to_string(),
        ],
    );
    git(&clone, &["config", "remote.origin.receivepack", &sh]);
    assert_eq!(
        take(&mut remote(&clone), "ana").expect("it is tried again"),
        1
    );
    let tries = fs::read_to_string(place.path().join("tries")).expect("it was called");
    assert_eq!(tries.lines().count(), 3);
}

#[test]
fn a_writer_who_comes_between_the_look_and_the_push_wins() {
    let place = Place::new();
    let (clone, other) = (place.clone_as("clone"), place.clone_as("other"));
    apply_once(&mut remote(&clone), "ana");
    let before = git(&place.origin(), &["rev-parse", BRANCH]);
    take(&mut remote(&other), "ben").expect("it is idle");
    let after = git(&place.origin(), &["rev-parse", BRANCH]);
    git(&place.origin(), &["update-ref", BRANCH, &before]);
    // The branch moves when the server is asked to take the push: once before it says where the branch is, once
    // between saying so and moving it.
    for (name, script) in [
        (
            "receive",
            format!("git update-ref {BRANCH} {after} {before}\nexec git-receive-pack \"$@\""),
        ),
        ("hook", String::new()),
    ] {
        git(&place.origin(), &["update-ref", BRANCH, &before]);
        if name == "receive" {
            let wrapper = place.path().join("receive");
            let script = format!("#!/bin/sh\ncd {}\n{script}\n", place.origin().display());
            fs::write(&wrapper, script).expect("it is written");
            let sh = format!("sh {}", wrapper.display());
            git(&clone, &["config", "remote.origin.receivepack", &sh]);
        } else {
            git(&clone, &["config", "--unset", "remote.origin.receivepack"]);
            let script = format!(
                "env -u GIT_QUARANTINE_PATH -u GIT_OBJECT_DIRECTORY git update-ref {BRANCH} {after} {before}; exit 0"
            );
            place.hook("pre-receive", &script);
            git(
                &clone,
                &["update-ref", "-d", "refs/idac/seen/remote/origin/prod"],
            );
        }
        let lost = take(&mut remote(&clone), "cleo").expect_err("ben was first");
        assert_eq!(
            lost.to_string(),
            format!("the tenant is held by ben since {AT} (record 3)"),
            "{name}"
        );
        assert_eq!(
            git(&place.origin(), &["rev-parse", BRANCH]),
            after,
            "{name}"
        );
    }
}

#[test]
fn a_server_that_refuses_the_push_is_heard() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    place.hook("pre-receive", "echo 'the branch is protected' >&2; exit 1");
    let refused = take(&mut remote(&clone), "ana")
        .expect_err("it is refused")
        .to_string();
    assert_eq!(
        refused,
        "cannot append to idac/ledger/prod on the remote origin: [remote rejected] (pre-receive hook declined); \
         remote: the branch is protected; error: failed to push some refs to '../origin.git'"
            .replace("../origin.git", &place.origin().display().to_string())
    );
    assert_eq!(remote(&clone).tip().expect("it is read"), None);
}

#[test]
fn a_remote_that_cannot_be_reached_is_no_empty_ledger_and_its_credentials_are_not_told() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    let url = "http://robot:s3cr3t@127.0.0.1:9/tenant.git";
    git(&clone, &["remote", "set-url", "origin", url]);
    let ledger = remote(&clone);
    let error = ledger.tip().expect_err("nobody is there").to_string();
    assert!(
        error.starts_with(
            "cannot read idac/ledger/prod on the remote origin: fatal: unable to access"
        ),
        "{error}"
    );
    assert!(
        !error.contains("s3cr3t") && !error.contains("robot"),
        "{error}"
    );
}

/// Answers every request with this status, until the test's process ends.
fn server_that_answers(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it has one");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(
                format!("HTTP/1.1 {status}\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .as_bytes(),
            );
        }
    });
    address.to_string()
}

#[test]
fn credentials_that_are_refused_are_not_told_and_nobody_is_asked_for_others() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    for (status, user, why) in [
        (
            "401 Unauthorized",
            "robot:s3cr3t@",
            "fatal: Authentication failed for 'http://",
        ),
        (
            "401 Unauthorized",
            "",
            "fatal: could not read Username for 'http://",
        ),
        (
            "403 Forbidden",
            "robot:s3cr3t@",
            "fatal: unable to access 'http://",
        ),
    ] {
        let url = format!("http://{user}{}/tenant.git", server_that_answers(status));
        git(&clone, &["remote", "set-url", "origin", &url]);
        let error = remote(&clone).tip().expect_err("it is refused").to_string();
        let start = format!("cannot read idac/ledger/prod on the remote origin: {why}");
        assert!(error.starts_with(&start), "{error}");
        assert!(
            !error.contains("s3cr3t") && !error.contains("robot"),
            "{error}"
        );
    }
}

#[test]
fn a_branch_that_cannot_be_read_after_a_lost_answer_is_not_guessed() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    // The server takes the push, and is never seen again.
    let gone = place.path().join("gone.git");
    let script = format!(
        "mv {} {}; kill -9 $PPID",
        place.origin().display(),
        gone.display()
    );
    place.hook("post-receive", &script);
    let error = take(&mut remote(&clone), "ana")
        .expect_err("nobody knows")
        .to_string();
    assert!(
        error.contains("whether the record is there is not known"),
        "{error}"
    );
    fs::rename(&gone, place.origin()).expect("it comes back");
    place.unhook("post-receive");
    let held = take(&mut remote(&clone), "ben")
        .expect_err("it is there")
        .to_string();
    assert_eq!(
        held,
        format!("the tenant is held by ana since {AT} (record 1)")
    );
}

#[test]
fn what_is_no_remote_and_no_repository_is_named() {
    let place = Place::new();
    let clone = place.clone_as("clone");
    let error = Git::on_remote(&clone, "orign", &prod()).expect_err("no such remote");
    assert_eq!(
        error.to_string(),
        "cannot find the remote `orign`: the repository has origin"
    );
    let nothing = place.path().join("nothing");
    fs::create_dir(&nothing).expect("a folder");
    let error = Git::in_repository(&nothing, &prod())
        .expect_err("no repository")
        .to_string();
    assert!(error.contains("not a git repository"), "{error}");
}
