//! What a crash, a disk or a curious hand makes of `.idac/`.

use std::fs::File;

use super::world::World;

const APPLY: &[&str] = &["apply", "--yes"];
const SNAPSHOT: &str = ".idac/sandbox/tenant/tenant.json";
const LOG: &str = ".idac/sandbox/tenant/changes.log";
const FIRST: &str = ".idac/sandbox/ledger/000001.json";
const TIP: &str = ".idac/sandbox/ledger/000002.json";

/// Nobody guesses what it was.
#[track_caller]
fn stops(world: World) -> World {
    world.refuses(1, APPLY).refuses(1, &["plan"])
}

/// A new tenant is the way out.
#[track_caller]
fn stops_until_reset(world: World) {
    stops(world)
        .runs(0, &["emulator", "reset"])
        .first(APPLY)
        .says_what_is_expected();
}

fn half(bytes: Vec<u8>) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

fn flipped(at: usize) -> impl FnOnce(Vec<u8>) -> Vec<u8> {
    move |mut bytes| {
        bytes[at] ^= 1;
        bytes
    }
}

/// The lines of a log, in this order.
fn lines(order: &'static [usize]) -> impl FnOnce(Vec<u8>) -> Vec<u8> {
    move |bytes| {
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        assert!(lines.len() > 3, "{} lines", lines.len());
        order.iter().flat_map(|at| lines[*at].to_vec()).collect()
    }
}

#[test]
fn a_snapshot_that_is_cut() {
    stops_until_reset(World::of("snapshot-cut").harm(SNAPSHOT, half));
}

#[test]
fn a_snapshot_that_is_empty() {
    stops_until_reset(World::of("snapshot-empty").write(SNAPSHOT, ""));
}

#[test]
fn a_snapshot_with_a_flipped_bit() {
    stops_until_reset(World::of("snapshot-flipped").harm(SNAPSHOT, flipped(5_000)));
}

#[test]
fn a_snapshot_that_is_gone() {
    stops_until_reset(World::of("snapshot-gone").remove(SNAPSHOT));
}

#[test]
fn a_log_that_is_gone() {
    stops_until_reset(World::of("log-gone").remove(LOG));
}

#[test]
fn a_log_that_is_empty() {
    stops_until_reset(World::of("log-empty").write(LOG, ""));
}

#[test]
fn a_log_with_a_flipped_bit() {
    stops_until_reset(World::of("log-flipped").harm(LOG, flipped(300)));
}

#[test]
fn a_log_with_a_line_taken_out() {
    stops_until_reset(World::of("log-line-taken-out").harm(LOG, lines(&[0, 1, 3])));
}

#[test]
fn a_log_with_lines_in_another_order() {
    stops_until_reset(World::of("log-lines-moved").harm(LOG, lines(&[0, 2, 1, 3])));
}

#[test]
fn a_log_whose_last_line_a_crash_tore_loses_that_line_only() {
    // It was never said to be written: the tenant is as it was before it, and idac puts right what is missing.
    let torn = World::of("log-torn").harm(LOG, |bytes| bytes[..bytes.len() - 7].to_vec());
    torn.runs(4, &["plan", "--detailed-exit-code"])
        .first(APPLY)
        .refuses(0, &["plan", "--detailed-exit-code"])
        .says_what_is_expected();
}

#[test]
fn a_snapshot_that_a_crash_did_not_finish_is_not_looked_at() {
    World::of("snapshot-unfinished")
        .write(".idac/sandbox/tenant/tenant.json.fresh", "half a ten")
        .write(".idac/sandbox/tenant/changes.log.fresh", "half a lo")
        .refuses(0, APPLY)
        .says_what_is_expected();
}

#[test]
fn a_tenant_that_is_gone_while_its_ledger_is_there() {
    stops_until_reset(World::of("tenant-gone").remove(".idac/sandbox/tenant"));
}

#[test]
fn a_tenant_that_another_process_has() {
    let world = World::of("tenant-in-use");
    let lock = File::options()
        .write(true)
        .open(world.path(".idac/sandbox/tenant/lock"))
        .expect("the lock is there");
    lock.lock().expect("it is ours");
    let world = stops(world).refuses(1, &["emulator", "reset"]);
    drop(lock);
    world.refuses(0, APPLY).says_what_is_expected();
}

#[test]
fn a_record_of_the_ledger_that_is_cut() {
    stops_until_reset(World::of("record-cut").harm(TIP, half));
}

#[test]
fn a_record_of_the_ledger_that_is_empty() {
    stops_until_reset(World::of("record-empty").write(TIP, ""));
}

#[test]
fn a_record_of_the_ledger_that_was_edited() {
    stops_until_reset(World::of("record-edited").edit(
        TIP,
        "\"deletion\": \"allowed\"",
        "\"deletion\": \"protected\"",
    ));
}

#[test]
fn a_record_of_the_ledger_that_is_gone() {
    stops_until_reset(World::of("record-gone").remove(FIRST));
}

#[test]
fn a_record_before_the_newest_that_was_edited_is_found_when_it_counts() {
    // With the receipt gone, the record before it says what is unfinished.
    let world = World::of("older-record-edited").remove(TIP).edit(
        FIRST,
        "\"risk\": \"grantsAccess\"",
        "\"risk\": \"none\"",
    );
    stops_until_reset(world);
}

#[test]
fn a_file_among_the_records_that_is_none() {
    stops(World::of("no-record").write(".idac/sandbox/ledger/notes.txt", "hello"))
        .says_what_is_expected();
}

#[test]
fn a_ledger_that_was_copied_from_another_environment() {
    let mut world = World::of("ledger-of-another-environment")
        .write("identities/environments/other.yaml", "tenant: emulator\n");
    for path in [SNAPSHOT, LOG, FIRST, TIP, ".idac/sandbox/tenant/lock"] {
        let bytes = world.read(path);
        world = world.write(&path.replace("sandbox", "other"), bytes);
    }
    world
        .refuses(1, &["plan", "-e", "other"])
        .refuses(1, &["apply", "--yes", "-e", "other"])
        .says_what_is_expected();
}

#[test]
fn a_state_folder_that_is_a_file() {
    World::of("state-is-a-file")
        .remove(".idac")
        .write(".idac", "hello")
        .refuses(1, APPLY)
        .refuses(1, &["emulator", "reset"])
        .says_what_is_expected();
}
