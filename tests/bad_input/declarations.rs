//! What people write wrongly.

use super::world::{PAYMENTS, World};

const FILE: &str = "identities/payments.yaml";
const APPLY: &[&str] = &["apply", "--yes"];

/// The findings are those of `validate` as well, and nothing changes.
#[track_caller]
fn finds(world: World) {
    world
        .refuses(3, APPLY)
        .refuses(3, &["validate", "--format", "markdown"])
        .says_what_is_expected();
}

/// Only the tenant shows that it is wrong.
#[track_caller]
fn finds_with_the_tenant(world: World) {
    world.refuses(3, APPLY).says_what_is_expected();
}

#[test]
fn an_unknown_key() {
    finds(World::of("unknown-key").edit(FILE, "displayName: Operators", "displayNme: Operators"));
}

#[test]
fn a_key_that_idac_writes_itself() {
    finds(World::of("unique-name-written").edit(
        FILE,
        "name: operators",
        "name: operators\nuniqueName: contoso-payments-api",
    ));
}

#[test]
fn a_duplicate_key() {
    finds(World::of("duplicate-key").edit(
        FILE,
        "displayName: Operators",
        "displayName: Operators\ndisplayName: Administrators",
    ));
}

#[test]
fn a_misspelt_reference() {
    finds(World::of("misspelt-reference").edit(FILE, "group/operators", "group/operator"));
}

#[test]
fn a_misspelt_app_role() {
    finds(World::of("misspelt-app-role").edit(
        FILE,
        "appRole: Payments.Process",
        "appRole: Payments.Proces",
    ));
}

#[test]
fn an_undefined_variable() {
    finds(World::of("undefined-variable").edit(
        FILE,
        "displayName: Operators",
        "displayName: Operators${sufix}",
    ));
}

#[test]
fn a_cycle_of_computed_references() {
    finds(World::of("computed-cycle"));
}

#[test]
fn two_documents_with_one_address() {
    finds(World::of("one-address-twice"));
}

#[test]
fn two_files_with_one_unique_name() {
    finds(World::of("one-unique-name-twice"));
}

#[test]
fn two_documents_that_adopt_one_object() {
    finds(World::of("one-object-adopted-twice"));
}

#[test]
fn an_app_role_value_with_a_space() {
    finds(World::of("app-role-value-with-a-space").edit(
        FILE,
        "value: Payments.Process",
        "value: Payments Process",
    ));
}

#[test]
fn invalid_redirect_uris() {
    finds(World::of("redirect-uris"));
}

#[test]
fn an_identifier_uri_that_tenant_policy_refuses() {
    finds_with_the_tenant(World::of("identifier-uri-refused").edit(
        FILE,
        "owners:",
        "identifierUris: [ \"https://payments.example.org/api\" ]\nowners:",
    ));
}

#[test]
fn a_list_where_a_map_belongs() {
    finds(World::of("list-where-a-map-belongs").edit(
        FILE,
        "  appRoleAssignedTo:\n    - ",
        "  - appRoleAssignedTo:\n    - ",
    ));
}

#[test]
fn a_document_that_is_a_list_or_text() {
    finds(World::of("document-that-is-no-map"));
}

#[test]
fn a_map_where_a_list_belongs() {
    finds(World::of("map-where-a-list-belongs").edit(
        FILE,
        "owners: [ user/ana@contoso.com ]",
        "owners: { ana: user/ana@contoso.com }",
    ));
}

#[test]
fn a_tab() {
    finds(World::of("tab").edit(FILE, "  - value: Payments", "\t- value: Payments"));
}

#[test]
fn an_alias_bomb() {
    finds(World::of("alias-bomb"));
}

#[test]
fn values_that_stand_too_deep() {
    finds(World::of("too-deep").write("identities/deep.yaml", "[".repeat(100_000)));
}

#[test]
fn a_file_of_fifty_megabytes() {
    finds(World::of("fifty-megabytes").write(
        "identities/large.yaml",
        format!("# {}\n", "x".repeat(50 << 20)),
    ));
}

#[test]
fn files_that_are_not_utf8() {
    let utf16: Vec<u8> = "kind: group\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    finds(
        World::of("not-utf8")
            .write("identities/latin.yaml", b"kind: group\nname: caf\xe9\n")
            .write(
                "identities/utf16.yaml",
                [b"\xff\xfe".to_vec(), utf16].concat(),
            ),
    );
}

#[test]
fn a_root_without_an_object() {
    finds(World::of("no-object").remove(FILE));
}

#[test]
fn a_root_with_empty_documents_only() {
    finds(World::of("empty-documents").write(FILE, "---\n# nothing\n---\n~\n"));
}

#[test]
fn a_root_without_a_file() {
    let world = World::of("no-file").remove("identities");
    std::fs::create_dir(world.path("identities")).expect("a folder");
    finds(world);
}

#[test]
fn settings_that_say_nothing() {
    finds(
        World::of("settings-that-say-nothing")
            .write("identities/idac.yaml", "")
            .write("identities/environments/sandbox.yaml", "# later\n"),
    );
}

#[test]
fn misspelt_settings() {
    finds(
        World::of("misspelt-settings")
            .write("identities/idac.yaml", "projct: contoso\n")
            .write(
                "identities/environments/sandbox.yaml",
                "tenant: emulatr\nvariables: [ a ]\n",
            ),
    );
}

#[test]
fn names_that_would_lead_elsewhere() {
    finds(World::of("names-with-path-tricks"));
}

#[test]
fn an_environment_whose_name_would_lead_elsewhere() {
    World::of("environment-with-path-tricks")
        .refuses(2, &["apply", "--yes", "-e", "../../sandbox"])
        .refuses(2, &["apply", "--yes", "-e", "sandbox/../sandbox"])
        .refuses(2, &["apply", "--yes", "-e", ""])
        .write("identities/environments/..yaml", "tenant: emulator\n")
        .write("identities/environments/a b.yaml", "tenant: emulator\n")
        .write("identities/environments/deep/er.yaml", "tenant: emulator\n")
        .refuses(3, &["apply", "--yes", "-e", "a b"])
        .says_what_is_expected();
}

#[test]
fn very_long_names() {
    let long = |letter: &str| letter.repeat(300);
    finds(World::of("very-long-names").write(
        "identities/long.yaml",
        format!(
            "kind: group\nname: {}\ndisplayName: {}\n",
            long("a"),
            long("X")
        ),
    ));
}

#[test]
fn a_very_long_key() {
    finds(World::of("very-long-key").write(
        "identities/long.yaml",
        format!("kind: group\nname: long\n? {}\n: 1\n", "k".repeat(3_000)),
    ));
}

#[test]
fn control_characters_as_they_are() {
    finds(World::of("control-characters").write(
        "identities/raw.yaml",
        "kind: group\nname: raw\ndisplayName: \"\u{1b}[2J\u{1b}[31mAdministrators\"\n",
    ));
}

#[test]
fn control_characters_as_escapes() {
    finds(World::of("control-characters-escaped"));
}

#[test]
fn characters_that_turn_the_direction_of_writing() {
    finds(World::of("right-to-left").write(
        "identities/turned.yaml",
        "kind: group\nname: turned\ndisplayName: \"Adm\u{202e}nimda\"\n",
    ));
}

#[test]
fn a_turned_name_that_is_written_as_an_escape_is_shown_as_one() {
    World::of("right-to-left-escaped")
        .refuses(0, &["plan"])
        .says_what_is_expected();
}

#[test]
fn a_nul() {
    finds(World::of("nul").write(
        "identities/nul.yaml",
        "kind: group\nname: nul\ndisplayName: a\0b\n",
    ));
}

#[test]
fn ten_thousand_mistakes() {
    let documents: String = (0..10_000)
        .map(|number| format!("--- # {number}\nkind: grup\n"))
        .collect();
    let world = World::of("ten-thousand-mistakes").write("identities/many.yaml", documents);
    let world = world.refuses(3, &["validate"]);
    world.says_what_is_expected();
}

#[test]
fn a_secret_is_refused_and_not_shown() {
    let world = World::of("secret").edit(
        FILE,
        "owners:",
        "passwordCredentials: [ { secretText: hunter2 } ]\nclientSecret: hunter2\nclient_secret: hunter2\nowners:",
    );
    for format in ["text", "markdown", "json"] {
        let output = super::world::idac(&world.path(""), &["validate", "--format", format]);
        assert!(
            !super::world::text(&output.stdout).contains("hunter2"),
            "{format}"
        );
    }
    finds(world);
}

#[test]
fn a_broken_file_is_never_a_smaller_declaration() {
    // The group of the second document cannot be read: nothing may be taken for removed.
    let cut = PAYMENTS.replace("displayName: Operators", "displayName: [ Operators");
    finds(World::of("half-a-file").write(FILE, cut));
}

#[test]
fn more_deletes_than_the_project_allows() {
    // No mistake, and too much at once: the guardrail says so.
    let rest = "kind: group\nname: other\ndisplayName: Other\n";
    finds_with_the_tenant(
        World::of("blast-radius")
            .write(
                "identities/idac.yaml",
                "project: contoso\nguardrails: { blast-radius: { deletes: 1 } }\n",
            )
            .write(FILE, rest),
    );
}
