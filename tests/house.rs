//! The walls of the house: which room may speak to which, who may touch the world, and whether the tables match
//! the folders.
//!
//! A single crate has no compiler walls between its modules, so this test is the wall. It reads the sources with
//! `syn`, not as text. Code that is compiled only for tests may go through any door.

#[path = "house/folders.rs"]
mod folders;
#[path = "house/mentions.rs"]
mod mentions;
#[path = "house/tried.rs"]
mod tried;

use std::collections::BTreeSet;

use folders::{
    Source, first_paragraph, module_of, modules, modules_with_static, parse, read, rust_files,
    sources, table,
};
use mentions::{Place, TestCode, mentions};

/// The words that every room speaks: whoever needs one may have it, and they have only each other.
const WORDS: &[&str] = &["address", "object", "finding", "digest"];

/// The rooms, in walking order: the order in which `lib.rs` lists them after the words.
const ROOMS: &[&str] = &[
    "kind",
    "declare",
    "resolve",
    "observe",
    "plan",
    "privilege",
    "guard",
    "execute",
    "dry_run",
    "apply",
    "ledger",
    "graph",
    "emulator",
    "report",
    "cli",
];

/// One door: `from` may mention what `to` shows.
#[derive(Clone, Copy, Debug)]
struct Door {
    from: &'static str,
    to: &'static str,
    line: u32,
}

macro_rules! door {
    ($from:literal -> $to:literal) => {
        Door {
            from: $from,
            to: $to,
            line: line!(),
        }
    };
}

/// Every door there is. One that nobody uses is walled up: delete its line.
const DOORS: &[Door] = &[
    // The published names of permissions, directory roles and applications.
    door!("kind" -> "graph"),
    door!("declare" -> "kind"),
    door!("resolve" -> "declare"),
    door!("resolve" -> "kind"),
    door!("observe" -> "graph"),
    door!("observe" -> "kind"),
    door!("plan" -> "resolve"),
    door!("plan" -> "observe"),
    door!("plan" -> "kind"),
    // The names by which published permissions are asked for.
    door!("plan" -> "graph"),
    door!("privilege" -> "observe"),
    door!("privilege" -> "plan"),
    // The published names of permissions and directory roles.
    door!("privilege" -> "graph"),
    door!("guard" -> "resolve"),
    door!("guard" -> "observe"),
    door!("guard" -> "plan"),
    // What the holder of a permission can do.
    door!("guard" -> "privilege"),
    door!("guard" -> "kind"),
    // Which directory roles and permissions are privileged.
    door!("guard" -> "graph"),
    door!("execute" -> "plan"),
    door!("execute" -> "kind"),
    door!("execute" -> "graph"),
    // Plans again when the copy has been written, and a plan is made from what is desired.
    door!("dry_run" -> "resolve"),
    door!("dry_run" -> "plan"),
    door!("dry_run" -> "observe"),
    door!("dry_run" -> "execute"),
    door!("dry_run" -> "emulator"),
    door!("dry_run" -> "kind"),
    door!("dry_run" -> "graph"),
    // Whether the tenant is still what the plan was computed from.
    door!("apply" -> "observe"),
    door!("apply" -> "plan"),
    door!("apply" -> "execute"),
    door!("apply" -> "dry_run"),
    door!("apply" -> "ledger"),
    door!("apply" -> "graph"),
    door!("ledger" -> "plan"),
    door!("emulator" -> "graph"),
    door!("report" -> "kind"),
    // The text under a finding, and what was observed: both are shown.
    door!("report" -> "declare"),
    door!("report" -> "observe"),
    door!("report" -> "plan"),
    door!("report" -> "execute"),
    door!("report" -> "dry_run"),
    door!("report" -> "apply"),
    // The history as people read it.
    door!("report" -> "ledger"),
    // The names of published permissions and directory roles, and the literal requests.
    door!("report" -> "graph"),
    door!("cli" -> "kind"),
    door!("cli" -> "declare"),
    door!("cli" -> "resolve"),
    door!("cli" -> "observe"),
    door!("cli" -> "plan"),
    door!("cli" -> "guard"),
    door!("cli" -> "execute"),
    door!("cli" -> "dry_run"),
    door!("cli" -> "apply"),
    door!("cli" -> "ledger"),
    door!("cli" -> "graph"),
    door!("cli" -> "emulator"),
    door!("cli" -> "report"),
    door!("main" -> "cli"),
];

/// One thing outside the program, and where it may be touched: path prefixes below `src/`.
struct World {
    what: &'static [&'static str],
    only_in: &'static [&'static str],
}

const WORLD: &[World] = &[
    World {
        what: &["std::fs", "tokio::fs"],
        only_in: &["cli/", "ledger/", "emulator/store.rs"],
    },
    World {
        what: &["std::env", "std::net"],
        only_in: &["cli/", "main.rs"],
    },
    // A ledger on a git branch is read and written by git itself, as one in a folder is by the file system.
    World {
        what: &["std::process"],
        only_in: &["cli/", "main.rs", "ledger/git/command.rs"],
    },
    World {
        what: &[
            "std::time::SystemTime",
            "std::time::Instant",
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
        ],
        only_in: &["cli/", "main.rs"],
    },
    World {
        what: &[
            "println!",
            "print!",
            "eprintln!",
            "eprint!",
            "dbg!",
            "std::io::stdin",
            "std::io::stdout",
            "std::io::stderr",
        ],
        only_in: &["cli/", "main.rs"],
    },
    World {
        what: &["thread::sleep", ".unwrap()", "todo!", "unimplemented!"],
        only_in: &[],
    },
];

/// Names of files and folders that say that a word is missing.
const NO_NAMES: &[&str] = &[
    "common", "core", "handler", "handlers", "helper", "helpers", "manager", "misc", "service",
    "services", "shared", "types", "util", "utils",
];

const LINES_MAX: usize = 600;

// ── the house as it is ──────────────────────────────────────────────────────────────────────────────────

#[test]
fn rooms_speak_only_through_doors_and_every_door_is_used() {
    let sources = sources();
    let mut complaints = Vec::new();
    let mut used = BTreeSet::new();
    for source in &sources {
        let (found, through) = walls(source);
        complaints.extend(found);
        used.extend(through);
    }
    complaints.extend(walled_up(&used));
    assert_none(&complaints);
}

#[test]
fn only_the_edge_touches_the_world() {
    let complaints: Vec<String> = sources().iter().flat_map(worldliness).collect();
    assert_none(&complaints);
}

#[test]
fn no_test_is_ignored_and_none_sleeps() {
    let banned = ["#[ignore]", "thread::sleep"];
    let mut complaints = Vec::new();
    for folder in ["src", "tests", "examples", "benches"] {
        for (path, text) in rust_files(folder) {
            let syntax = parse(&path, &text);
            for mention in mentions(&syntax, &[], TestCode::Counts) {
                let text = mention.path.join("::");
                if banned.iter().any(|banned| text.ends_with(banned)) {
                    complaints.push(format!("{path}:{}: `{text}`", mention.line));
                }
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn the_library_lists_its_modules_in_walking_order() {
    let listed = modules("src/lib.rs");
    let expected: Vec<String> = WORDS
        .iter()
        .chain(ROOMS)
        .map(|&name| name.to_owned())
        .collect();
    assert_eq!(
        listed, expected,
        "src/lib.rs lists the words, then the rooms as one walks through them"
    );
    let on_disk: BTreeSet<String> = rust_files("src")
        .into_iter()
        .map(|(path, _)| module_of(&path))
        .filter_map(|module| module.first().cloned())
        .collect();
    let known: BTreeSet<String> = expected.into_iter().chain(["main".to_owned()]).collect();
    assert_eq!(
        on_disk, known,
        "every file of src/ belongs to a word or a room of the table"
    );
}

#[test]
fn the_door_of_each_room_says_what_it_takes_gives_and_never_does() {
    let mut complaints = Vec::new();
    for room in ROOMS {
        let path = format!("src/{room}/mod.rs");
        let first = first_paragraph(&read(&path));
        let (Some(takes), Some(gives), Some(never)) = (
            first.find("Takes "),
            first.find("gives "),
            first.find("never "),
        ) else {
            complaints.push(format!(
                "{path}:1: begin with `Takes … gives … never …`; it is: {first}"
            ));
            continue;
        };
        if takes != 0 || !(takes < gives && gives < never) {
            complaints.push(format!(
                "{path}:1: say `Takes … gives … never …` in this order: {first}"
            ));
        }
    }
    assert_none(&complaints);
}

#[test]
fn kinds_are_in_the_order_of_the_alphabet_with_one_file_each() {
    let names: Vec<&str> = idac::kind::KINDS.iter().map(|kind| kind.name).collect();
    assert_alphabetical("KINDS", &names);
    let declared: Vec<&str> = idac::kind::KINDS
        .iter()
        .filter(|kind| matches!(kind.documents, idac::kind::Documents::Declared))
        .map(|kind| kind.name)
        .collect();
    assert_eq!(
        idac::kind::KIND_NAMES,
        declared,
        "KIND_NAMES are the kinds that documents declare"
    );
    let listed = table("src/kind/mod.rs", "KINDS");
    let files = modules_with_static("src/kind", "KIND");
    assert_none(&table_against_files(
        "src/kind/mod.rs",
        "KINDS",
        "KIND",
        &listed,
        &files,
    ));
    let expected: Vec<String> = files.iter().map(|module| camel_case(module)).collect();
    assert_eq!(names, expected, "a kind is named as its file");
}

#[test]
fn entities_are_in_the_order_of_the_alphabet() {
    let names: Vec<&str> = idac::kind::ENTITIES
        .iter()
        .map(|entity| entity.name)
        .collect();
    assert_alphabetical("ENTITIES", &names);
}

#[test]
fn every_guardrail_has_one_file_and_one_entry() {
    let listed = table("src/guard/mod.rs", "GUARDRAILS");
    let files = modules_with_static("src/guard", "GUARDRAIL");
    assert_none(&table_against_files(
        "src/guard/mod.rs",
        "GUARDRAILS",
        "GUARDRAIL",
        &listed,
        &files,
    ));
}

#[test]
fn files_are_short_and_named_for_what_they_hold() {
    let mut complaints = Vec::new();
    for folder in ["src", "tests", "examples", "benches"] {
        for (path, text) in rust_files(folder) {
            complaints.extend(length(&path, &text));
            complaints.extend(name(&path));
        }
    }
    assert_none(&complaints);
}

// ── how it looks ────────────────────────────────────────────────────────────────────────────────────────

/// Complaints about doors that are not there, and the doors that were used.
fn walls(source: &Source) -> (Vec<String>, BTreeSet<(String, String)>) {
    let mut complaints = BTreeSet::new();
    let mut used = BTreeSet::new();
    for mention in source
        .mentions
        .iter()
        .filter(|mention| mention.path[0] == "crate")
    {
        let here = format!("{}:{}", source.path, mention.line);
        match mention.path.get(1).map(String::as_str) {
            None | Some("*") => {
                if mention.place == Place::Use {
                    complaints.insert(format!(
                        "{here}: name the room that you mean, not the whole crate"
                    ));
                }
            }
            Some(to) if to == source.room || WORDS.contains(&to) => {}
            Some(to) => {
                used.insert((source.room.clone(), to.to_owned()));
                if !DOORS
                    .iter()
                    .any(|door| door.from == source.room && door.to == to)
                {
                    complaints.insert(format!("{here}: `{}` has no door to `{to}`", source.room));
                }
            }
        }
    }
    (complaints.into_iter().collect(), used)
}

/// Doors of the table that nobody uses.
fn walled_up(used: &BTreeSet<(String, String)>) -> Vec<String> {
    DOORS
        .iter()
        .filter(|door| !used.contains(&(door.from.to_owned(), door.to.to_owned())))
        .map(|door| {
            format!(
                "tests/house.rs:{}: nothing in `{}` uses `{}`; delete the door",
                door.line, door.from, door.to
            )
        })
        .collect()
}

fn worldliness(source: &Source) -> Vec<String> {
    let below = source.path.trim_start_matches("src/");
    let mut complaints = BTreeSet::new();
    for mention in &source.mentions {
        let path = format!("{}::", mention.path.join("::"));
        for world in WORLD {
            if world
                .only_in
                .iter()
                .any(|allowed| below.starts_with(allowed))
            {
                continue;
            }
            let touched = world.what.iter().find(|what| {
                path.starts_with(&format!("{what}::")) || path.ends_with(&format!("::{what}::"))
            });
            if let Some(what) = touched {
                let allowed = match world.only_in {
                    [] => "nowhere".to_owned(),
                    places => format!("only in {}", places.join(", ")),
                };
                complaints.insert(format!(
                    "{}:{}: `{what}` is allowed {allowed}",
                    source.path, mention.line
                ));
            }
        }
    }
    complaints.into_iter().collect()
}

fn length(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LINES_MAX).then(|| format!("{path}:{lines}: the file has more than {LINES_MAX} lines"))
}

fn name(path: &str) -> Option<String> {
    path.trim_end_matches(".rs")
        .split('/')
        .find(|part| NO_NAMES.contains(part))
        .map(|part| format!("{path}:1: `{part}` says nothing; find the word for what is in it"))
}

fn table_against_files(
    path: &str,
    table: &str,
    item: &str,
    listed: &[String],
    files: &[String],
) -> Vec<String> {
    let lacking = files.iter().filter(|file| !listed.contains(file));
    let lacking = lacking.map(|file| format!("{path}: {table} lacks the line `&{file}::{item},`"));
    let surplus = listed.iter().filter(|entry| !files.contains(entry));
    let surplus = surplus
        .map(|entry| format!("{path}: {table} has `&{entry}::{item},`, and there is no such file"));
    let order = (!listed.is_sorted())
        .then(|| format!("{path}: {table} is not in the order of the alphabet"));
    lacking.chain(surplus).chain(order).collect()
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn assert_alphabetical(table: &str, names: &[&str]) {
    let mut sorted = names.to_vec();
    sorted.sort_by_key(|name| name.to_lowercase());
    assert_eq!(names, sorted, "{table} is in the order of the alphabet");
}

fn camel_case(module: &str) -> String {
    let mut words = module.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(1);
        format!("{name}{}{rest}", initial.to_uppercase())
    })
}
