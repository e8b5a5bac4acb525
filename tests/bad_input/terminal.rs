//! Wrong command lines, nobody to ask, and outputs that close.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::world::{World, idac, text};

const FILE: &str = "identities/payments.yaml";

#[test]
fn wrong_command_lines() {
    let mut world = World::of("wrong-command-lines");
    for arguments in [
        &["aply"][..],
        &["plan", "--environmet", "sandbox"],
        &["plan", "--format", "xml"],
        &["plan", "extra"],
        &["plan", "-e"],
        &["plan", "-e", "sanbox"],
        &["plan", "--show", "everything"],
        &["apply", "--yes", "--yes"],
        &["apply", "--plan"],
        &["emulator"],
        &["emulator", "rest"],
        &["explain", "IDAC999"],
        &["explain", "IDAC0104"],
        &["explain", "\u{1b}[31mIDAC104"],
    ] {
        world = world.refuses(2, arguments);
    }
    world.says_what_is_expected();
}

#[test]
fn nobody_at_a_terminal() {
    World::of("nobody-to-ask")
        .edit(FILE, "displayName: Operators", "displayName: Ops")
        .refuses(2, &["apply"])
        .refuses(2, &["apply", "--format", "json"])
        .refuses(2, &["recover"])
        .says_what_is_expected();
}

#[test]
fn what_programs_read_is_json_whatever_happens() {
    let commands: &[&[&str]] = &[
        &["validate"],
        &["plan"],
        &["plan", "--show", "requests"],
        &["dry-run"],
        &["apply", "--yes"],
        &["recover", "--yes"],
        &["explain"],
        &["explain", "IDAC104"],
        &["schema"],
    ];
    let good = |world: World| world;
    let changed = |world: World| world.edit(FILE, "displayName: Operators", "displayName: Ops");
    let warned = |world: World| {
        world.write(
            "identities/admin.yaml",
            "kind: directoryRoleAssignment\nname: admin\nrole: Global Administrator\nprincipal: user/ana@contoso.com\nscope: /\n",
        )
    };
    let wrong = |world: World| world.edit(FILE, "displayName: Operators", "displayNam: Operators");
    let refused = |world: World| {
        world.edit(
            FILE,
            "owners:",
            "identifierUris: [ \"https://example.org/api\" ]\nowners:",
        )
    };
    let situations: [fn(World) -> World; 5] = [good, changed, warned, wrong, refused];
    for (number, situation) in situations.into_iter().enumerate() {
        for command in commands {
            let world = situation(World::plain());
            let mut arguments = command.to_vec();
            arguments.extend(["--format", "json"]);
            let output = idac(&world.path(""), &arguments);
            let stdout = text(&output.stdout);
            // A second value after the first would be an error too.
            let read: Result<Value, _> = serde_json::from_str(&stdout);
            let nothing = stdout.is_empty() && command[0] == "recover";
            assert!(
                read.is_ok() || nothing,
                "situation {number}, {command:?}: {stdout}\n{}",
                text(&output.stderr)
            );
            assert!(!text(&output.stderr).contains("panicked"), "{command:?}");
        }
    }
    World::of("json")
        .edit(FILE, "displayName: Operators", "displayNam: Operators")
        .refuses(3, &["validate", "--format", "json"])
        .says_what_is_expected();
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let world = World::plain();
    let many: String = (0..10_000).map(|_| "--- hello\n").collect();
    for number in 0..20 {
        fs::write(world.path(&format!("identities/many{number}.yaml")), &many).expect("a file");
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_idac"))
        .arg("validate")
        .current_dir(world.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("idac runs");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("a pipe");
    BufReader::with_capacity(16, stdout)
        .read_line(&mut line)
        .expect("a line");
    // The reader is gone now, long before everything is written.
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut stderr)
        .expect("it is text");
    assert_eq!(child.wait().expect("it ends").code(), Some(3), "{stderr}");
    assert!(line.starts_with("error[IDAC113]"), "{line}");
    assert_eq!(stderr, "");
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_an_error() {
    let world = World::plain();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("it is there");
    let output = Command::new(env!("CARGO_BIN_EXE_idac"))
        .args(["plan"])
        .current_dir(world.path(""))
        .stdout(full)
        .output()
        .expect("idac runs");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "error: cannot write the result\n  caused by: No space left on device (os error 28)\n"
    );
}

#[test]
fn colour_is_for_terminals_only() {
    for setting in [None, Some(("NO_COLOR", "1")), Some(("TERM", "dumb"))] {
        let world = World::plain().edit(FILE, "displayName: O", "displayNme: O");
        let mut command = Command::new(env!("CARGO_BIN_EXE_idac"));
        command.args(["apply", "--yes"]).current_dir(world.path(""));
        command.envs(setting);
        let output = command.output().expect("idac runs");
        assert_eq!(output.status.code(), Some(3));
        assert!(!output.stdout.contains(&0x1b), "{setting:?}");
    }
}
