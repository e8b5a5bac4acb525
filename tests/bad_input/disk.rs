//! What files and folders are on the disk.

use std::fs;
use std::path::Path;

use super::world::{World, idac, text};

const APPLY: &[&str] = &["apply", "--yes"];

#[test]
fn a_root_that_does_not_exist() {
    World::of("no-root")
        .remove("identities")
        .refuses(1, APPLY)
        .refuses(1, &["validate"])
        .refuses(1, &["plan", "--root", "nowhere/at/all"])
        .refuses(2, &["plan", "--root", ""])
        .says_what_is_expected();
}

#[test]
fn a_root_that_is_a_file() {
    World::of("root-is-a-file")
        .remove("identities")
        .write("identities", "kind: group\n")
        .refuses(1, APPLY)
        .refuses(1, &["emulator", "reset"])
        .says_what_is_expected();
}

#[test]
fn a_root_that_is_another_folder() {
    // Everything below is read as declarations, and nothing of it is one.
    World::of("root-is-another-folder")
        .refuses(3, &["apply", "--yes", "--root", "."])
        .says_what_is_expected();
}

#[test]
fn nothing_but_an_empty_folder() {
    let place = tempfile::tempdir().expect("a folder");
    for command in [
        &["validate"][..],
        &["plan"],
        &["dry-run"],
        &["apply", "--yes"],
        &["recover", "--yes"],
        &["emulator", "reset"],
    ] {
        let output = idac(place.path(), command);
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert_eq!(
            text(&output.stderr),
            "error: cannot read the identity root\n  caused by: there is no folder identities\n  \
             help: run idac beside your `identities` folder, or name the folder of declarations with --root\n",
            "{command:?}"
        );
    }
    let mut left = fs::read_dir(place.path()).expect("the folder");
    assert!(left.next().is_none(), "something was made");
}

#[cfg(unix)]
#[test]
fn symbolic_links() {
    let world = World::of("symbolic-links").write("outside.yaml", "kind: group\nname: outside\n");
    for (target, link) in [
        ("../outside.yaml", "identities/out.yaml"),
        ("/etc", "identities/etc"),
        ("payments.yaml", "identities/within.yaml"),
        ("nowhere.yaml", "identities/dangling.yaml"),
        ("two", "identities/one"),
        ("one", "identities/two"),
        (".", "identities/itself"),
    ] {
        std::os::unix::fs::symlink(target, world.path(link)).expect("a link");
    }
    world
        .refuses(3, APPLY)
        .refuses(3, &["validate"])
        .says_what_is_expected();
}

#[cfg(unix)]
#[test]
fn something_that_is_no_file() {
    let world = World::of("no-regular-file");
    let socket = world.path("identities/socket.yaml");
    let _socket = std::os::unix::net::UnixListener::bind(socket).expect("a socket");
    world.refuses(3, APPLY).says_what_is_expected();
}

#[cfg(unix)]
#[test]
fn names_of_files_that_a_terminal_would_obey() {
    World::of("names-of-files")
        .write("identities/\u{1b}[31mred.yaml", "hello\n")
        .write("identities/\u{202e}turned.yaml", "hello\n")
        .write("identities/a\nerror: b.yaml", "hello\n")
        .refuses(3, APPLY)
        .refuses(3, &["validate", "--format", "markdown"])
        .says_what_is_expected();
}

#[test]
fn folders_without_an_end() {
    let deep = format!("identities/{}x.yaml", "d/".repeat(70));
    World::of("folders-without-an-end")
        .write(&deep, "kind: group\n")
        .refuses(1, APPLY)
        .says_what_is_expected();
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    let world = World::plain();
    let file = world.path("identities/payments.yaml");
    mode(&file, 0o000);
    // Whoever may do everything reads it nevertheless; then it is a file like any other.
    let is_readable = fs::File::open(&file).is_ok();
    let output = idac(&world.path(""), APPLY);
    let (code, said) = match is_readable {
        true => (0, ""),
        false => (
            1,
            "error: cannot read the identity root\n  \
             caused by: cannot read identities/payments.yaml\n  \
             caused by: Permission denied (os error 13)\n  \
             help: check who may read it\n",
        ),
    };
    assert_eq!(text(&output.stderr), said);
    assert_eq!(output.status.code(), Some(code));
}

#[cfg(unix)]
#[test]
fn a_state_that_may_not_be_written() {
    let world = World::plain().edit(
        "identities/payments.yaml",
        "displayName: Operators",
        "displayName: Ops",
    );
    let ledger = world.path(".idac/sandbox/ledger");
    let journal = world.path(".idac/sandbox/journal");
    for folder in [&ledger, &journal] {
        mode(folder, 0o555);
    }
    let probe = ledger.join(".probe");
    let is_writable = fs::write(&probe, "").is_ok();
    let log = world.read(".idac/sandbox/tenant/changes.log");
    let output = idac(&world.path(""), APPLY);
    for folder in [&ledger, &journal] {
        mode(folder, 0o755);
    }
    let is_same = world.read(".idac/sandbox/tenant/changes.log") == log;
    // Whoever may do everything writes nevertheless.
    assert_eq!(is_same, !is_writable);
    assert_eq!(output.status.code(), Some(i32::from(!is_writable)));
    let says_why = text(&output.stderr).contains("Permission denied");
    assert_eq!(says_why, !is_writable, "{}", text(&output.stderr));
}

#[test]
fn places_where_nothing_can_be_written() {
    World::of("places-that-are-none")
        .refuses(1, &["plan", "--out", "no/such/folder/plan.json"])
        .refuses(1, &["plan", "--out", "identities"])
        .refuses(1, &["plan", "--out", "/"])
        .refuses(1, &["schema", "--write", "identities/idac.yaml"])
        .says_what_is_expected();
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}
