//! The command line as a person or a pipeline meets it: what it prints, where, and how it exits.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const GROUP: &str =
    "kind: group\nname: operators\ndisplayName: Operators\nmembers: [ user/ana@contoso.com ]\n";

/// A folder with a small identity root.
fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a folder");
    write(place.path(), "identities/idac.yaml", "project: contoso\n");
    write(
        place.path(),
        "identities/environments/sandbox.yaml",
        "tenant: emulator\n",
    );
    write(place.path(), "identities/operators.yaml", GROUP);
    place
}

fn write(place: &Path, path: &str, text: &str) {
    let path = place.join(path);
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn idac(place: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_idac"))
        .args(arguments)
        .current_dir(place)
        .output()
        .expect("idac runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn exits(output: &Output, code: i32) {
    assert_eq!(
        output.status.code(),
        Some(code),
        "stdout:\n{}\nstderr:\n{}",
        stdout(output),
        stderr(output)
    );
}

#[test]
fn help_and_version_are_answers() {
    let place = place();
    let help = idac(place.path(), &["--help"]);
    exits(&help, 0);
    for word in [
        "validate",
        "plan",
        "dry-run",
        "apply",
        "recover",
        "schema",
        "explain",
        "emulator",
        "6  stranded",
    ] {
        assert!(stdout(&help).contains(word), "{word}");
    }
    exits(&idac(place.path(), &["--version"]), 0);
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    let place = place();
    for arguments in [
        &[][..],
        &["aply"],
        &["plan", "--format", "xml"],
        &["plan", "--unknown"],
        &["emulator"],
        &["plan", "-e", "prod"],
        &["explain", "IDAC999"],
        &["apply"],
    ] {
        exits(&idac(place.path(), arguments), 2);
    }
}

#[test]
fn global_flags_stand_before_or_after_the_command() {
    let place = place();
    fs::rename(
        place.path().join("identities"),
        place.path().join("elsewhere"),
    )
    .expect("moved");
    exits(&idac(place.path(), &["--root", "elsewhere", "validate"]), 0);
    exits(&idac(place.path(), &["validate", "--root", "elsewhere"]), 0);
}

#[test]
fn several_environments_are_listed_when_none_is_named() {
    let place = place();
    write(
        place.path(),
        "identities/environments/test.yaml",
        "tenant: emulator\n",
    );
    let output = idac(place.path(), &["plan"]);
    exits(&output, 2);
    assert_eq!(
        stderr(&output),
        "error: no environment was named, and the identity root has sandbox and test\n  \
         help: name one with -e, such as `-e sandbox`\n"
    );
    let misspelt = idac(place.path(), &["plan", "-e", "sanbox"]);
    exits(&misspelt, 2);
    assert!(stderr(&misspelt).contains("did you mean `-e sandbox`?"));
}

#[test]
fn a_tenant_of_microsofts_is_not_reachable_yet() {
    let place = place();
    write(
        place.path(),
        "identities/environments/prod.yaml",
        "tenant: { id: 7f3c2a10-58be-4c1d-9e07-a4d1b6f20c35, cloud: global }\n",
    );
    for command in [
        &["plan", "-e", "prod"][..],
        &["apply", "-e", "prod", "--yes"],
    ] {
        let output = idac(place.path(), command);
        exits(&output, 1);
        assert_eq!(
            stderr(&output),
            "error: tenant 7f3c2a10-58be-4c1d-9e07-a4d1b6f20c35 of environment prod is not reachable by this version of idac\n  \
             help: this version reaches the embedded tenant only: use `-e sandbox`\n"
        );
    }
    assert!(!place.path().join(".idac").exists());
}

#[test]
fn a_root_that_is_not_there_or_a_file_is_an_error_with_what_to_do() {
    let place = place();
    let missing = idac(place.path(), &["validate", "--root", "nowhere"]);
    exits(&missing, 1);
    assert_eq!(
        stderr(&missing),
        "error: cannot read the identity root\n  caused by: there is no folder nowhere\n  \
         help: run idac beside your `identities` folder, or name the folder of declarations with --root\n"
    );
    let file = idac(
        place.path(),
        &["validate", "--root", "identities/idac.yaml"],
    );
    exits(&file, 1);
    assert!(stderr(&file).contains("identities/idac.yaml is a file, not a folder of declarations"));
}

#[test]
fn an_empty_root_is_a_finding_and_deletes_nothing() {
    let place = place();
    exits(&idac(place.path(), &["apply", "--yes"]), 0);
    fs::remove_file(place.path().join("identities/operators.yaml")).expect("removed");
    let output = idac(place.path(), &["apply", "--yes"]);
    exits(&output, 3);
    assert!(stdout(&output).contains("never read as \"delete everything\""));
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_a_finding_that_names_where_it_leads() {
    let place = place();
    write(place.path(), "outside.yaml", GROUP);
    std::os::unix::fs::symlink("../outside.yaml", place.path().join("identities/link.yaml"))
        .expect("a link");
    let output = idac(place.path(), &["validate"]);
    exits(&output, 3);
    assert_eq!(
        stdout(&output),
        "error[IDAC128]: a symbolic link leads to ../outside.yaml, out of the identity root\n   \
         ╭─[identities/link.yaml:1:1]\n   ╰─\n  \
         help: put the file itself here, or remove the link\n\n1 error\n"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_name_is_no_text_is_a_finding() {
    use std::os::unix::ffi::OsStrExt;
    let place = place();
    let name = std::ffi::OsStr::from_bytes(b"na\xffme.yaml");
    fs::write(place.path().join("identities").join(name), GROUP).expect("a file");
    let output = idac(place.path(), &["validate"]);
    exits(&output, 3);
    assert!(stdout(&output).contains("error[IDAC129]: the name of the file is not UTF-8"));
}

#[test]
fn hidden_files_and_files_of_other_types_are_not_read() {
    let place = place();
    for path in [
        "identities/.hidden.yaml",
        "identities/.git/x.yaml",
        "identities/README.md",
    ] {
        write(place.path(), path, "]: not YAML [");
    }
    let output = idac(place.path(), &["validate"]);
    exits(&output, 0);
    assert_eq!(
        stdout(&output),
        "identities: 1 declared object, good for sandbox.\n"
    );
}

#[test]
fn a_large_file_is_a_finding() {
    let place = place();
    let large = format!("# {}\n", "x".repeat(50 << 20));
    write(place.path(), "identities/large.yaml", &large);
    let output = idac(place.path(), &["validate"]);
    exits(&output, 3);
    assert!(stdout(&output).contains("identities/large.yaml:1:1"));
    assert!(stdout(&output).len() < 2_000, "{}", stdout(&output).len());
}

#[test]
fn the_second_apply_has_nothing_to_do() {
    let place = place();
    let first = idac(place.path(), &["apply", "--yes"]);
    exits(&first, 0);
    for text in [
        "+ group/operators  · new\n",
        "      + user/ana@contoso.com  ! grants access\n",
        "Dry-run passed: 2 steps ran on a copy of the tenant",
        "Applied: sandbox is as declared. 2 steps,",
        "Receipt: record 2 of the ledger",
    ] {
        assert!(stdout(&first).contains(text), "{text}\n{}", stdout(&first));
    }
    let second = idac(place.path(), &["apply", "--yes"]);
    exits(&second, 0);
    assert!(stdout(&second).starts_with("No changes. sandbox is as declared.\n"));
    assert!(!stdout(&second).contains("Receipt"));
}

#[test]
fn the_detailed_exit_code_tells_steps_from_none() {
    let place = place();
    exits(&idac(place.path(), &["plan"]), 0);
    exits(&idac(place.path(), &["plan", "--detailed-exit-code"]), 4);
    exits(&idac(place.path(), &["apply", "--yes"]), 0);
    exits(&idac(place.path(), &["plan", "--detailed-exit-code"]), 0);
}

#[test]
fn without_a_terminal_apply_wants_yes_before_it_does_anything() {
    let place = place();
    let output = idac(place.path(), &["apply"]);
    exits(&output, 2);
    assert_eq!(
        stderr(&output),
        "error: nobody is at a terminal to be asked\n  help: say --yes to apply without being asked\n"
    );
    assert!(!place.path().join(".idac").exists());
}

#[test]
fn json_is_json_and_nothing_else() {
    let place = place();
    for arguments in [
        &["plan", "--format", "json"][..],
        &["dry-run", "--format", "json"],
        &["apply", "--yes", "--format", "json"],
        &["explain", "--format", "json"],
        &["explain", "IDAC104", "--format", "json"],
        &["schema", "--format", "json"],
        &["schema"],
        &["validate", "--format", "json"],
    ] {
        let output = idac(place.path(), arguments);
        exits(&output, 0);
        let value: Result<Value, _> = serde_json::from_slice(&output.stdout);
        assert!(value.is_ok(), "{arguments:?}: {}", stdout(&output));
    }
}

#[test]
fn nothing_has_colour_where_nobody_looks() {
    let place = place();
    let output = idac(place.path(), &["plan"]);
    assert!(!output.stdout.contains(&0x1b));
    let output = idac(place.path(), &["plan", "--root", "nowhere"]);
    assert!(!output.stderr.contains(&0x1b));
}

#[test]
fn a_plan_in_a_file_is_applied_as_it_is() {
    let place = place();
    exits(&idac(place.path(), &["plan", "--out", "plan.json"]), 0);
    let output = idac(place.path(), &["apply", "--plan", "plan.json", "--yes"]);
    exits(&output, 0);
    assert!(stdout(&output).contains("Applied: sandbox is as declared."));
    // It was applied: what it stands on is no more.
    let again = idac(place.path(), &["apply", "--plan", "plan.json", "--yes"]);
    exits(&again, 1);
    assert!(stderr(&again).contains("plan again"), "{}", stderr(&again));
}

#[test]
fn a_plan_that_was_edited_by_hand_is_refused() {
    let place = place();
    exits(&idac(place.path(), &["plan", "--out", "plan.json"]), 0);
    let path = place.path().join("plan.json");
    let text = fs::read_to_string(&path).expect("the plan");
    let edited = text.replace("\"Operators\"", "\"Administrators\"");
    assert_ne!(text, edited);
    fs::write(&path, edited).expect("the edited plan");
    let output = idac(place.path(), &["apply", "--plan", "plan.json", "--yes"]);
    exits(&output, 1);
    let said = stderr(&output);
    assert!(
        said.starts_with("error: cannot use the plan in plan.json\n"),
        "{said}"
    );
    assert!(
        said.contains("caused by: the plan was edited: its digest is "),
        "{said}"
    );
    assert!(
        said.contains("change the declarations, never the plan"),
        "{said}"
    );
}

#[test]
fn a_plan_with_a_digest_made_to_fit_is_refused_as_well() {
    let place = place();
    exits(&idac(place.path(), &["plan", "--out", "plan.json"]), 0);
    let path = place.path().join("plan.json");
    let text = fs::read_to_string(&path).expect("the plan");
    let mut file: Value = serde_json::from_str(&text).expect("JSON");
    file["plan"]["steps"][0]["action"]["create"]["properties"]["displayName"] =
        Value::from("Administrators");
    let plan: idac::plan::Plan = serde_json::from_value(file["plan"].clone()).expect("a plan");
    file["digest"] = Value::from(plan.digest().as_str());
    fs::write(&path, file.to_string()).expect("the forged plan");
    let output = idac(place.path(), &["apply", "--plan", "plan.json", "--yes"]);
    exits(&output, 1);
    assert!(
        stderr(&output).contains("is not the one that idac makes of this declaration"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_file_that_is_no_plan_is_an_error() {
    let place = place();
    for (text, why) in [
        ("", "the file is no plan of idac"),
        ("{\"idac\":\"plan/1\"", "the file is no plan of idac"),
        ("{\"idac\":\"plan/9\"}", "has the form `plan/9`"),
        ("[]", "the file is no plan of idac"),
    ] {
        write(place.path(), "plan.json", text);
        let output = idac(place.path(), &["apply", "--plan", "plan.json", "--yes"]);
        exits(&output, 1);
        assert!(stderr(&output).contains(why), "{text}: {}", stderr(&output));
    }
    let output = idac(place.path(), &["apply", "--plan", "nowhere.json", "--yes"]);
    exits(&output, 1);
    assert!(stderr(&output).contains("the file cannot be read"));
}

#[test]
fn a_damaged_tenant_is_an_error_and_reset_makes_a_new_one() {
    let place = place();
    exits(&idac(place.path(), &["apply", "--yes"]), 0);
    let state = place.path().join(".idac/sandbox/tenant/tenant.json");
    let bytes = fs::read(&state).expect("the state");
    fs::write(&state, &bytes[..bytes.len() / 2]).expect("half the state");
    let output = idac(place.path(), &["plan"]);
    exits(&output, 1);
    assert!(
        stderr(&output).contains(".idac/sandbox/tenant/tenant.json is damaged at line 1"),
        "{}",
        stderr(&output)
    );
    exits(&idac(place.path(), &["emulator", "reset"]), 0);
    let output = idac(place.path(), &["plan"]);
    exits(&output, 0);
    assert!(stdout(&output).contains("+ group/operators  · new"));
}

#[test]
fn schemas_are_written_one_a_file() {
    let place = place();
    exits(&idac(place.path(), &["schema", "--write", "schemas"]), 0);
    let text = fs::read_to_string(place.path().join("schemas/plan.schema.json")).expect("a schema");
    assert!(text.contains("\"A plan of idac\""));
    assert!(
        place
            .path()
            .join("schemas/application.schema.json")
            .exists()
    );
}

#[test]
fn there_is_nothing_to_recover_after_an_apply_that_ended() {
    let place = place();
    exits(&idac(place.path(), &["apply", "--yes"]), 0);
    let output = idac(place.path(), &["recover", "--yes"]);
    exits(&output, 0);
    assert_eq!(
        stdout(&output),
        "Nothing to recover: the last apply said how it ended.\n"
    );
}
