//! Bad input, given to the program itself: what it says, how it exits, and that nothing changed.
//!
//! A case is a folder of `tests/cases/cli/`: what lies in it besides `expected.txt` is laid over a small identity root
//! that was applied, a test below does the rest of the harm, and `expected.txt` holds the exact words.
//! `IDAC_BLESS=1 cargo test --test bad_input` writes what is said now.

#[path = "bad_input/declarations.rs"]
mod declarations;
#[path = "bad_input/disk.rs"]
mod disk;
#[path = "bad_input/plan_files.rs"]
mod plan_files;
#[path = "bad_input/state.rs"]
mod state;
#[path = "bad_input/terminal.rs"]
mod terminal;
#[path = "bad_input/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::fs;

#[test]
fn every_case_has_a_test_and_every_test_its_case() {
    let folder = world::cases();
    let there: BTreeSet<String> = fs::read_dir(&folder)
        .expect("there are cases")
        .map(|entry| {
            entry
                .expect("a case")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let sources = [
        include_str!("bad_input/declarations.rs"),
        include_str!("bad_input/disk.rs"),
        include_str!("bad_input/plan_files.rs"),
        include_str!("bad_input/state.rs"),
        include_str!("bad_input/terminal.rs"),
    ];
    let named: BTreeSet<String> = sources
        .iter()
        .flat_map(|source| ["World::of(\"", "planned(\""].map(|call| (source, call)))
        .flat_map(|(source, call)| source.split(call).skip(1))
        .filter_map(|rest| rest.split_once('"'))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(there, named);
}
