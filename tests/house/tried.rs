//! The wall itself, tried: what is forbidden is found wherever it hides, and what is allowed is let through.

use super::folders::sample;
use super::{DOORS, LINES_MAX, length, name, table_against_files, walled_up, walls, worldliness};

#[test]
fn a_forbidden_use_is_found_wherever_it_hides() {
    let hiding_places = [
        "use crate::emulator::Tenant;",
        "use crate::{address::Address, emulator::Tenant};",
        "use crate::emulator;",
        "use crate::emulator as tenant_in_memory;",
        "use crate::emulator::*;",
        "use super::super::emulator::Tenant;",
        "fn f() { use crate::emulator::Tenant; }",
        "fn f() -> crate::emulator::Tenant { todo!() }",
        "fn f() { crate::emulator::Tenant::new() }",
        "fn f() { let _ = vec![crate::emulator::Tenant::new()]; }",
        "macro_rules! m { () => { $crate::emulator::Tenant::new() }; }",
        "macro_rules! m { () => { use crate::{emulator::Tenant}; }; }",
        "#[serde(with = \"crate::emulator::store\")] struct S;",
        "pub mod inner { use super::super::super::emulator::Tenant; }",
        "pub use crate::emulator::Tenant;",
    ];
    for text in hiding_places {
        let (complaints, _) = walls(&sample("src/plan/order.rs", text));
        assert_eq!(complaints.len(), 1, "{text}: {complaints:?}");
        assert_eq!(
            complaints[0], "src/plan/order.rs:1: `plan` has no door to `emulator`",
            "{text}"
        );
    }
}

#[test]
fn what_is_allowed_is_let_through() {
    let allowed = [
        "use crate::observe::Snapshot;",
        "use super::step::Step;",
        "use crate::object::{Key, Value};",
        "use crate::plan::Step;",
        "pub(in crate::plan) fn f() {}",
        "#[cfg(test)] mod tests { use crate::emulator::Tenant; }",
        "#[test] fn t() { crate::emulator::Tenant::new(); }",
        "//! Not as [`crate::emulator`] does.",
        "// use crate::emulator::Tenant;",
        "const TEXT: &str = \"use crate::emulator::Tenant;\";",
    ];
    for text in allowed {
        let (complaints, _) = walls(&sample("src/plan/order.rs", text));
        assert_eq!(complaints, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn nobody_takes_the_whole_house() {
    for text in [
        "use crate::*;",
        "use crate as idac;",
        "use crate::{self as idac};",
        "use super::super::*;",
    ] {
        let (complaints, _) = walls(&sample("src/plan/order.rs", text));
        assert_eq!(
            complaints,
            ["src/plan/order.rs:1: name the room that you mean, not the whole crate"],
            "{text}"
        );
    }
}

#[test]
fn a_door_that_nobody_uses_is_found() {
    let (complaints, used) = walls(&sample(
        "src/resolve/mod.rs",
        "use crate::declare::Declaration;",
    ));
    assert_eq!(complaints, Vec::<String>::new());
    let unused = walled_up(&used);
    assert_eq!(unused.len(), DOORS.len() - 1);
    let line = |to: &str| format!("nothing in `resolve` uses `{to}`; delete the door");
    assert!(unused.iter().any(|found| found.ends_with(&line("kind"))));
    assert!(!unused.iter().any(|found| found.ends_with(&line("declare"))));
}

#[test]
fn the_main_program_knows_only_the_command_line() {
    let (complaints, _) = walls(&sample("src/main.rs", "fn main() { idac::plan::plan(); }"));
    assert_eq!(complaints, ["src/main.rs:1: `main` has no door to `plan`"]);
}

#[test]
fn a_word_knows_no_room() {
    let (complaints, _) = walls(&sample("src/object/value.rs", "use crate::kind::Kind;"));
    assert_eq!(
        complaints,
        ["src/object/value.rs:1: `object` has no door to `kind`"]
    );
}

#[test]
fn a_hand_on_the_world_is_found_wherever_it_hides() {
    let hiding_places = [
        ("use std::fs;", "std::fs"),
        ("use std::{collections::BTreeMap, fs::File};", "std::fs"),
        ("fn f() { std::fs::read(\"x\"); }", "std::fs"),
        (
            "fn f() { assert!(::std::fs::read(\"x\").is_ok()); }",
            "std::fs",
        ),
        ("use std::env;", "std::env"),
        ("use std::time::SystemTime;", "std::time::SystemTime"),
        (
            "use std::time; fn f() { time::SystemTime::now(); }",
            "SystemTime::now",
        ),
        ("fn f() { jiff::Timestamp::now(); }", "Timestamp::now"),
        ("fn f() { println!(\"x\"); }", "println!"),
        ("fn f() { std::eprintln!(\"x\"); }", "eprintln!"),
        ("macro_rules! m { () => { print!(\"x\") }; }", "print!"),
        ("fn f() { std::thread::sleep(x); }", "thread::sleep"),
        ("fn f() { g().unwrap(); }", ".unwrap()"),
        ("fn f() { assert_eq!(g().unwrap(), 1); }", ".unwrap()"),
        ("fn f() { todo!() }", "todo!"),
    ];
    for (text, what) in hiding_places {
        let complaints = worldliness(&sample("src/plan/order.rs", text));
        assert_eq!(complaints.len(), 1, "{text}: {complaints:?}");
        assert!(
            complaints[0].starts_with(&format!("src/plan/order.rs:1: `{what}`")),
            "{complaints:?}"
        );
    }
}

#[test]
fn the_edge_may_touch_the_world() {
    let allowed = [
        ("src/cli/files.rs", "use std::fs;"),
        ("src/ledger/folder.rs", "use std::fs::File;"),
        ("src/emulator/store.rs", "use std::fs;"),
        ("src/cli/clock.rs", "fn f() { jiff::Timestamp::now(); }"),
        ("src/main.rs", "fn main() { println!(\"x\"); }"),
        (
            "src/plan/order.rs",
            "fn f() { tokio::time::sleep(x); g().unwrap_or(1); }",
        ),
        (
            "src/plan/order.rs",
            "fn f() { env!(\"CARGO_PKG_VERSION\"); }",
        ),
    ];
    for (path, text) in allowed {
        assert_eq!(
            worldliness(&sample(path, text)),
            Vec::<String>::new(),
            "{path}: {text}"
        );
    }
    assert_eq!(
        worldliness(&sample("src/emulator/tenant.rs", "use std::fs;")).len(),
        1
    );
}

#[test]
fn a_long_file_and_a_file_without_a_word_are_found() {
    assert_eq!(length("src/a.rs", &"\n".repeat(LINES_MAX)), None);
    assert!(length("src/a.rs", &"\n".repeat(LINES_MAX + 1)).is_some());
    assert_eq!(name("src/plan/order.rs"), None);
    assert!(name("src/plan/utils.rs").is_some());
    assert!(name("src/common/mod.rs").is_some());
}

#[test]
fn a_file_without_an_entry_and_an_entry_without_a_file_are_found() {
    let listed = ["group".to_owned(), "named_location".to_owned()];
    let files = ["application".to_owned(), "group".to_owned()];
    let complaints = table_against_files("src/kind/mod.rs", "KINDS", "KIND", &listed, &files);
    assert_eq!(
        complaints,
        [
            "src/kind/mod.rs: KINDS lacks the line `&application::KIND,`",
            "src/kind/mod.rs: KINDS has `&named_location::KIND,`, and there is no such file",
        ]
    );
}
