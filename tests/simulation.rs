//! Seeded worlds that hold the laws: a seed gives a tenant with objects of other people, a declaration, what people
//! make of it, how the tenant answers where Microsoft's documentation is silent, and what goes wrong.
//!
//! `IDAC_WORLDS=1000000` runs so many worlds instead of the slice, `IDAC_SEED=7` runs one and tells what happens.

#![allow(
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::too_many_lines,
    reason = "a long hunt is steered by the environment and tells how far it is; a world is told in one go"
)]

#[path = "simulation/dice.rs"]
mod dice;
#[path = "simulation/expected.rs"]
mod expected;
#[path = "simulation/generate.rs"]
mod generate;
#[path = "simulation/hardship.rs"]
mod hardship;
#[path = "simulation/laws.rs"]
mod laws;
#[path = "simulation/lookup.rs"]
mod lookup;
#[path = "simulation/pipeline.rs"]
mod pipeline;
#[path = "simulation/regressions.rs"]
mod regressions;
#[path = "simulation/repair.rs"]
mod repair;
#[path = "simulation/root.rs"]
mod root;
#[path = "simulation/sample.rs"]
mod sample;
#[path = "simulation/surroundings.rs"]
mod surroundings;
#[path = "simulation/tally.rs"]
mod tally;
#[path = "simulation/witness.rs"]
mod witness;
#[path = "simulation/world.rs"]
mod world;
#[path = "simulation/write.rs"]
mod write;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use idac::ledger::Folder;
use tally::Tally;
use world::Telling;

/// How many worlds every run of the tests goes through.
const SLICE: u64 = 2_000;

#[test]
fn the_laws_hold_in_every_world() {
    if let Some(seed) = number("IDAC_SEED") {
        let (tally, problems) = run(seed, Telling::Aloud);
        eprintln!("{tally}");
        assert!(problems.is_empty(), "seed {seed}:\n{}", problems.join("\n"));
        return;
    }
    let worlds = number("IDAC_WORLDS").unwrap_or(SLICE);
    let from = number("IDAC_FROM").unwrap_or(0);
    let (tally, failed) = run_all(from, worlds);
    eprintln!("{tally}");
    let shown: Vec<String> = failed
        .iter()
        .take(40)
        .map(|(seed, problems)| {
            let problem: String = problems[0].chars().take(600).collect();
            format!("seed {seed}: {} problems: {problem}", problems.len())
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} worlds break a law:\n{}",
        failed.len(),
        shown.join("\n")
    );
    if worlds >= SLICE {
        check_cover(&tally);
    }
}

#[test]
fn the_sample_and_its_second_version_are_applied_whatever_the_documentation_leaves_open() {
    let variants = idac::emulator::Behaviour::all_variants();
    assert!(variants.len() > 20, "{} variants", variants.len());
    let mut problems = Vec::new();
    for (name, behaviour) in variants {
        let (_folder, presence) = presence();
        problems.extend(runtime().block_on(sample::live_through(behaviour, name, presence)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_once_broke_a_law_does_not_break_it_again() {
    let mut problems = Vec::new();
    for (number, regression) in regressions::all().iter().enumerate() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = runtime().block_on(regression.live_through(number, folder.path()));
        problems.extend(
            found
                .iter()
                .map(|problem| format!("{}: {problem}", regression.sentence)),
        );
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The worlds are worth something only when they go everywhere.
fn check_cover(tally: &Tally) {
    assert!(
        tally.invalid * 5 < tally.declared,
        "a fifth of the declarations is invalid"
    );
    assert_eq!(
        tally.switches.len(),
        idac::emulator::Behaviour::all_variants().len()
    );
    for (what, count) in [
        ("applied", tally.applied),
        ("rolled back", tally.rolled_back),
        ("stranded", tally.stranded),
        ("stopped by guardrails", tally.guarded),
    ] {
        assert!(count > 0, "no plan is {what}");
    }
    for (entity, action) in [
        ("application", "revive"),
        ("application", "delete"),
        ("federatedIdentityCredential", "update"),
        ("oAuth2PermissionGrant", "update"),
        ("unifiedRoleAssignment", "delete"),
        ("appRoleAssignment", "delete"),
        ("group", "unlink"),
        ("servicePrincipal", "revive"),
    ] {
        assert!(
            tally.kinds.contains_key(&(entity.to_owned(), action)),
            "no step is to {action} a {entity}"
        );
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is not a number")),
    )
}

type Failed = Vec<(u64, Vec<String>)>;

fn run_all(from: u64, worlds: u64) -> (Tally, Failed) {
    let next = AtomicU64::new(from);
    let result = Mutex::new((Tally::default(), Failed::new()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + worlds {
                        return;
                    }
                    let (tally, problems) = run(seed, Telling::Quiet);
                    let mut result = result.lock().expect("nobody panicked with it");
                    result.0.add(tally);
                    if !problems.is_empty() {
                        result.1.push((seed, problems));
                    }
                    if result.0.worlds.is_multiple_of(10_000) {
                        eprintln!("{} worlds, {} broke a law", result.0.worlds, result.1.len());
                    }
                }
            });
        }
    });
    let (tally, mut failed) = result.into_inner().expect("nobody panicked with it");
    failed.sort_by_key(|(seed, _)| *seed);
    (tally, failed)
}

/// One world, on a clock of its own that stands still while anybody works.
fn run(seed: u64, telling: Telling) -> (Tally, Vec<String>) {
    let (_folder, presence) = presence();
    let runtime = runtime();
    let world = AssertUnwindSafe(|| runtime.block_on(world::run(seed, presence, telling)));
    catch_unwind(world).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
        let tally = Tally {
            worlds: 1,
            ..Tally::default()
        };
        (tally, vec![format!("Panics: {}", text.unwrap_or_default())])
    })
}

/// Where runs show that they are at work.
fn presence() -> (tempfile::TempDir, Folder) {
    let folder = tempfile::tempdir().expect("a folder");
    let presence = Folder::open(folder.path());
    (folder, presence)
}

/// One thread and a clock that stands still while anybody works.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
}
