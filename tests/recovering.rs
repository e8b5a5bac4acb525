//! Recovery and stopping as people meet them: real processes on an embedded tenant whose requests take their time.

#![allow(clippy::disallowed_methods, reason = "a way back has to end in time")]

#[path = "processes/place.rs"]
mod place;
#[path = "processes/stored.rs"]
mod stored;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};
use std::time::{Duration, Instant};

use idac::emulator::store::Store;
use idac::graph::{Method, Request};
use idac::ledger::{Folder, Ledger};
use place::{Place, Root, exits, stderr, stdout};
use serde_json::json;

/// A place where A is applied, and whose tenant then takes so long for each request.
fn slow(latency_ms: u64) -> Place {
    let place = Place::new();
    exits(&place.idac(Root::A, &["apply", "--yes"]), 0);
    suffer(&place, &json!({ "latency_ms": latency_ms }).to_string());
    place
}

fn suffer(place: &Place, hardship: &str) {
    place.write("hardship.yaml", hardship);
    let set = ["emulator", "hardship", "--file", "hardship.yaml"];
    exits(&place.idac(Root::A, &set), 0);
}

fn held(place: &Place) -> Vec<String> {
    stored::read(&place.state().join("tenant"))
}

fn tip(place: &Place) -> &'static str {
    let ledger = Folder::open(&place.state().join("ledger"));
    let tip = ledger.tip().expect("the ledger is whole");
    tip.expect("there is a record").record.kind.name()
}

/// The tenant holds exactly this, of which only the difference is shown.
#[track_caller]
fn holds(place: &Place, wanted: &[String]) {
    let held = held(place);
    let missing: Vec<&String> = wanted.iter().filter(|line| !held.contains(line)).collect();
    let surplus: Vec<&String> = held.iter().filter(|line| !wanted.contains(line)).collect();
    assert_eq!(stored::twins(&held), Vec::<String>::new());
    assert!(
        held == wanted,
        "missing: {missing:#?}\nsurplus: {surplus:#?}"
    );
}

/// Changes the tenant behind idac's back.
fn portal(place: &Place, method: Method, url: &str, body: serde_json::Value) {
    let (mut store, mut tenant) = Store::open(&place.state().join("tenant")).expect("a tenant");
    let response = tenant.answer(&Request::new(method, url).with_body(body));
    assert!(response.status < 300, "{response:?}");
    store.append(&tenant.take_changes()).expect("it is kept");
}

/// A run that goes on while the test reads what it says.
struct Running {
    child: Child,
    said: BufReader<ChildStderr>,
    heard: String,
}

impl Running {
    fn start(place: &Place, root: Root, arguments: &[&str]) -> Running {
        let mut child = place.start(root, arguments);
        let said = BufReader::new(child.stderr.take().expect("it was piped"));
        Running {
            child,
            said,
            heard: String::new(),
        }
    }

    /// Reads on until it has said this.
    #[track_caller]
    fn until(&mut self, text: &str) {
        loop {
            let from = self.heard.len();
            let read = self.said.read_line(&mut self.heard).expect("text");
            assert!(read > 0, "it never said `{text}`:\n{}", self.heard);
            if self.heard[from..].contains(text) {
                return;
            }
        }
    }

    /// Reads on until it has the tenant and so many writes are answered.
    fn until_written(&mut self, writes: usize) {
        self.until("took the tenant");
        for _ in 0..writes {
            self.until("method=");
        }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }

    fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it is dead");
    }

    /// The exit code, and everything that it said.
    fn end(mut self) -> (Option<i32>, String) {
        self.said.read_to_string(&mut self.heard).expect("text");
        let status = self.child.wait().expect("it ends");
        (status.code(), self.heard)
    }
}

const APPLY: &[&str] = &["apply", "--yes", "-vv"];

/// An apply of B that died in the middle.
fn died() -> (Place, Vec<String>) {
    let place = slow(5);
    let before = held(&place);
    let mut run = Running::start(&place, Root::B, APPLY);
    run.until_written(12);
    run.kill();
    assert_eq!(tip(&place), "intent");
    (place, before)
}

// ── recover ─────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_person_sees_where_an_apply_stands_and_finishes_it() {
    let (place, before) = died();
    let output = place.idac(Root::B, &["recover", "--yes"]);
    exits(&output, 0);
    let text = stdout(&output);
    for part in [
        "ana@laptop began ",
        " (record 3 of the ledger) and did not say how it ended. Now ",
        " as planned, ",
        "\n  step  stands      journal",
        "\nGoing forward, because nothing was refused, nobody else changed what it is about, and what is left can be done.\n",
        "\nApplied: sandbox is as declared.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(held(&place) != before);
    assert_eq!(tip(&place), "receipt");
    let again = place.idac(Root::B, &["recover", "--yes"]);
    exits(&again, 0);
    assert_eq!(
        stdout(&again),
        "Nothing to recover: the last apply said how it ended.\n"
    );
    let planned = place.idac(Root::B, &["plan", "--detailed-exit-code"]);
    exits(&planned, 0);
}

#[test]
fn a_person_takes_back_what_took_effect() {
    let (place, before) = died();
    let output = place.idac(Root::B, &["recover", "--back", "--yes"]);
    exits(&output, 5);
    let text = stdout(&output);
    for part in [
        "Going back, because you say so.",
        "Rolled back: sandbox is as it was before. The plan was stopped, and every step that took effect was undone.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    holds(&place, &before);
    assert_eq!(tip(&place), "aborted");
}

#[test]
fn the_whole_plan_is_taken_back_when_only_its_receipt_is_missing() {
    for journal in ["kept", "lost"] {
        let place = slow(0);
        let before = held(&place);
        exits(&place.idac(Root::B, &["apply", "--yes"]), 0);
        fs::remove_file(place.state().join("ledger/000004.json")).expect("the receipt");
        if journal == "lost" {
            fs::remove_dir_all(place.state().join("journal")).expect("the journal");
        }
        let output = place.idac(Root::B, &["recover", "--back", "--yes"]);
        exits(&output, 5);
        holds(&place, &before);
    }
}

#[test]
fn an_apply_first_recovers_a_run_that_died_and_says_so() {
    let (place, before) = died();
    let output = place.idac(Root::A, &["apply", "--yes"]);
    exits(&output, 0);
    let text = stdout(&output);
    assert!(
        text.contains("Recovering first: ana@laptop began "),
        "{text}"
    );
    assert!(text.contains("Going forward, because "), "{text}");
    holds(&place, &before);
}

#[test]
fn what_somebody_else_changed_is_named_never_overwritten_and_closes_the_tenant() {
    let (place, before) = died();
    let group = "/groups(uniqueName='contoso-watch')";
    portal(
        &place,
        Method::Patch,
        group,
        json!({ "displayName": "Ana's watch", "description": "Mine." }),
    );
    let refused = place.idac(Root::B, &["recover", "--forward", "--yes"]);
    exits(&refused, 1);
    let said = stderr(&refused);
    assert!(
        said.contains(
            "cannot go forward, and nothing was written: somebody else changed what step "
        ),
        "{said}"
    );
    assert_eq!(tip(&place), "intent");

    let output = place.idac(Root::B, &["recover", "--yes"]);
    let text = stdout(&output);
    assert!(text.contains("  neither  "), "{text}");
    assert!(
        text.contains("description is \"Mine.\", displayName is \"Ana's watch\""),
        "{text}"
    );
    assert!(
        text.contains("Going back, because somebody else changed what step "),
        "{text}"
    );
    exits(&output, 6);
    assert!(text.contains("to do: set back, in "), "{text}");
    assert!(held(&place).iter().any(|line| line.contains("Ana's watch")));
    assert_eq!(tip(&place), "dirty");

    // Closed for everybody but a person who recovers it.
    let closed = place.idac(Root::B, &["apply", "--yes"]);
    exits(&closed, 1);
    assert!(
        stderr(&closed).contains("the tenant is closed since "),
        "{}",
        stderr(&closed)
    );
    portal(
        &place,
        Method::Patch,
        group,
        json!({ "displayName": "Watch", "description": "Looks after the night." }),
    );
    let output = place.idac(Root::B, &["recover", "--yes"]);
    exits(&output, 5);
    assert!(
        stdout(&output)
            .contains("Going back, because undoing it was refused before, and is tried once more."),
        "{}",
        stdout(&output)
    );
    holds(&place, &before);
    assert_eq!(tip(&place), "aborted");
}

#[test]
fn of_two_who_recover_at_once_one_does_and_the_other_says_who() {
    let (place, before) = died();
    suffer(&place, "latency_ms: 20");
    let mut first = Running::start(&place, Root::B, &["recover", "--back", "--yes", "-vv"]);
    first.until("took over the tenant");
    let second = place.idac(Root::B, &["recover", "--yes"]);
    exits(&second, 1);
    assert!(
        stderr(&second).contains("the tenant is held by ana@laptop since "),
        "{}",
        stderr(&second)
    );
    let apply = place.idac(Root::B, &["apply", "--yes"]);
    exits(&apply, 1);
    assert!(
        stderr(&apply).contains("the tenant is held by ana@laptop"),
        "{}",
        stderr(&apply)
    );
    let (code, said) = first.end();
    assert_eq!(code, Some(5), "{said}");
    holds(&place, &before);
}

#[test]
fn a_recovery_that_dies_on_the_way_back_is_gone_on_with_back() {
    let (place, before) = died();
    let mut first = Running::start(&place, Root::B, &["recover", "--back", "--yes", "-vv"]);
    first.until("took over the tenant");
    first.until("method=\"DELETE\"");
    first.kill();
    let forward = place.idac(Root::B, &["recover", "--forward", "--yes"]);
    exits(&forward, 1);
    assert!(
        stderr(&forward).contains("the run had begun to undo it: only the way back is left"),
        "{}",
        stderr(&forward)
    );
    let output = place.idac(Root::B, &["recover", "--yes"]);
    exits(&output, 5);
    assert!(
        stdout(&output).contains("Going back, because the run had begun to undo it."),
        "{}",
        stdout(&output)
    );
    holds(&place, &before);
}

#[test]
fn programs_read_one_object() {
    let (place, _) = died();
    let output = place.idac(Root::B, &["recover", "--yes", "--format", "json"]);
    exits(&output, 0);
    let read: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("one object");
    assert_eq!(read["choice"]["way"], "forward");
    assert_eq!(read["receipt"]["execution"]["outcome"], "applied");
    let steps = read["unfinished"]["survey"].as_array().expect("the steps");
    assert!(steps.iter().any(|step| step["standing"] == "before"));
    assert!(steps.iter().any(|step| step["standing"] == "after"));
}

// ── stopping ────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_signal_takes_everything_back_and_exits_with_5() {
    for signal in ["INT", "TERM"] {
        let place = slow(10);
        let before = held(&place);
        let mut run = Running::start(&place, Root::B, APPLY);
        run.until_written(10);
        let since = Instant::now();
        run.signal(signal);
        run.until("Stopping: what was sent is answered, then what took effect is undone.");
        let (code, said) = run.end();
        assert!(since.elapsed() < Duration::from_secs(8), "{signal}");
        assert_eq!(code, Some(5), "{signal}\n{said}");
        holds(&place, &before);
        assert_eq!(tip(&place), "aborted");
    }
}

#[test]
fn a_second_signal_leaves_it_as_it_stands_and_recover_ends_it() {
    let place = slow(20);
    let before = held(&place);
    let mut run = Running::start(&place, Root::B, APPLY);
    run.until_written(5);
    run.signal("TERM");
    run.until("Stopping");
    run.signal("TERM");
    let (code, said) = run.end();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("run `idac recover`"), "{said}");
    assert_eq!(tip(&place), "intent");
    suffer(&place, "latency_ms: 0");
    exits(&place.idac(Root::B, &["recover", "--back", "--yes"]), 5);
    holds(&place, &before);
}

#[test]
fn a_way_back_that_takes_too_long_leaves_the_intent_in_time() {
    let place = slow(0);
    let before = held(&place);
    // Every removal of a link meets a server that fails, again and again.
    let refusals: Vec<_> = (1..=100)
        .map(|nth| {
            json!({
                "nth": nth, "method": "DELETE", "path_contains": "$ref", "status": 503,
                "code": "ServiceUnavailable", "message": "The service is not available.",
            })
        })
        .collect();
    let hardship = json!({ "latency_ms": 5, "refusals": refusals });
    suffer(&place, &hardship.to_string());
    let mut run = Running::start(&place, Root::B, APPLY);
    run.until_written(12);
    let since = Instant::now();
    run.signal("INT");
    let (code, said) = run.end();
    assert!(since.elapsed() < Duration::from_secs(8));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("run `idac recover`"), "{said}");
    assert_eq!(tip(&place), "intent");
    exits(&place.idac(Root::B, &["emulator", "hardship", "--none"]), 0);
    exits(&place.idac(Root::B, &["recover", "--yes"]), 5);
    holds(&place, &before);
}

// ── disks that are full ─────────────────────────────────────────────────────────────────────────────────

#[test]
fn an_intent_that_does_not_fit_on_the_disk_leaves_the_tenant_alone() {
    let place = slow(0);
    let before = held(&place);
    // No file may grow beyond eight kilobytes: the intent does.
    let script = format!(
        "trap '' XFSZ; ulimit -f 8; exec {} apply --yes --root b",
        env!("CARGO_BIN_EXE_idac")
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(place.path())
        .output()
        .expect("bash runs");
    exits(&output, 1);
    assert!(
        stderr(&output).contains("File too large"),
        "{}",
        stderr(&output)
    );
    holds(&place, &before);
    assert_eq!(tip(&place), "receipt");
    exits(&place.idac(Root::B, &["apply", "--yes"]), 0);
}

#[test]
fn the_faults_of_a_tenant_are_shown_set_and_taken_away() {
    let place = slow(7);
    let shown = place.idac(Root::A, &["emulator", "hardship"]);
    exits(&shown, 0);
    assert!(
        stdout(&shown).contains("\"latency_ms\": 7"),
        "{}",
        stdout(&shown)
    );
    let none = place.idac(Root::A, &["emulator", "hardship", "--none"]);
    exits(&none, 0);
    assert!(!stdout(&none).contains("latency_ms"), "{}", stdout(&none));
    place.write("wrong.yaml", "latency: 7\n");
    let wrong = place.idac(Root::A, &["emulator", "hardship", "--file", "wrong.yaml"]);
    exits(&wrong, 1);
    assert!(
        stderr(&wrong).contains("cannot use the faults in wrong.yaml"),
        "{}",
        stderr(&wrong)
    );
}
