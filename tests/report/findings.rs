//! Findings, each at its place.

use std::sync::Arc;

use idac::declare::Source;
use idac::finding::{Finding, Origin};
use idac::report::{self, Format};

use super::sample::plain;

fn source(shown: &str, text: &str) -> Source {
    Source {
        path: Arc::from("x.yaml"),
        shown: Arc::from(shown),
        bytes: text.as_bytes().to_vec(),
    }
}

fn origin(file: &str, line: u32, column: u32, length: u32) -> Origin {
    Origin {
        file: Arc::from(file),
        line,
        column,
        length,
    }
}

#[track_caller]
fn shows_finding(text: &str, finding: Finding, expected: &str) {
    let sources = [source(&finding.origin.file.clone(), text)];
    let shown = plain(&report::findings(&[finding], &sources, Format::Text));
    assert_eq!(shown, expected, "\n{shown}");
}

#[test]
fn a_finding_shows_its_place_and_what_to_do() {
    let text = format!(
        "{}    - {{ principal: group/payments-operators, appRole: Payments.Proces }}\n",
        "\n".repeat(37)
    );
    let finding = Finding::error(
        "IDAC104",
        &origin("identities/payments/payments-api.yaml", 38, 55, 15),
        "no app role `Payments.Proces` on application/payments-api".to_owned(),
        "declare the app role, or correct the name",
    )
    .with_label("did you mean `Payments.Process`?".to_owned());
    shows_finding(
        &text,
        finding,
        "\
error[IDAC104]: no app role `Payments.Proces` on application/payments-api
   ╭─[identities/payments/payments-api.yaml:38:55]
38 │     - { principal: group/payments-operators, appRole: Payments.Proces }
   ·                                                       ───────┬───────
   ·                                                              ╰── did you mean `Payments.Process`?
   ╰─
  help: declare the app role, or correct the name

1 error
",
    );
}

#[test]
fn tabs_and_wide_characters_stand_over_their_underline() {
    let finding = Finding::warning(
        "IDAC105",
        &origin("a.yaml", 1, 5, 2),
        "the name is wide".to_owned(),
        "",
    );
    shows_finding(
        "\t支払: 社員\n",
        finding,
        "\
warning[IDAC105]: the name is wide
   ╭─[a.yaml:1:5]
 1 │     支払: 社員
   ·          ───
   ╰─

1 warning
",
    );
}

#[test]
fn a_place_that_the_file_does_not_have_breaks_nothing() {
    for (line, column, length) in [
        (0, 0, 0),
        (1, 99, 99),
        (99, 1, 1),
        (1, 1, u32::MAX),
        (1, u32::MAX, u32::MAX),
        (u32::MAX, u32::MAX, 1),
    ] {
        let finding = Finding::note(
            "IDAC101",
            &origin("a.yaml", line, column, length),
            "odd".to_owned(),
            "nothing",
        )
        .with_label("here".to_owned());
        let sources = [source("a.yaml", "kind: group\n")];
        let shown = plain(&report::findings(&[finding], &sources, Format::Text));
        assert!(
            shown.contains("╰── here") || shown.contains("· here"),
            "{shown}"
        );
        assert!(shown.ends_with("\n1 note\n"), "{shown}");
    }
}

#[test]
fn of_a_long_line_the_part_around_the_place_is_shown() {
    let text = format!("{}HERE{}\n", "a".repeat(9_000), "b".repeat(9_000));
    let finding = Finding::error(
        "IDAC101",
        &origin("a.yaml", 1, 9_001, 4),
        "x".to_owned(),
        "y",
    );
    let sources = [source("a.yaml", &text)];
    let shown = plain(&report::findings(&[finding], &sources, Format::Text));
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines[2].starts_with(" 1 │ …aaa") && lines[2].ends_with("bbb…"),
        "{shown}"
    );
    assert!(lines[2].chars().count() < 130, "{shown}");
    let at = lines[2]
        .find("HERE")
        .map(|at| lines[2][..at].chars().count());
    let underline = lines[3].find('─').map(|at| lines[3][..at].chars().count());
    assert_eq!(at, underline, "{shown}");
}

#[test]
fn a_source_cannot_move_the_cursor() {
    let finding = Finding::error(
        "IDAC112",
        &origin("a.yaml", 1, 1, 1),
        "a \u{1b}[2J message".to_owned(),
        "\u{202e}help",
    );
    let sources = [source("a.yaml", "na\u{1b}[2Jme: \u{202e}x\n")];
    let shown = report::findings(&[finding], &sources, Format::Text);
    assert!(
        !shown.contains("\u{1b}[2J") && !shown.contains('\u{202e}'),
        "{shown}"
    );
    assert!(plain(&shown).contains("na\u{fffd}[2Jme"), "{shown}");
}

#[test]
fn findings_are_counted_by_severity() {
    let at = origin("a.yaml", 1, 1, 1);
    let error = Finding::error("IDAC101", &at, "x".to_owned(), "");
    let warning = Finding::warning("IDAC105", &at, "x".to_owned(), "");
    let three = [error.clone(), error.clone(), error.clone(), warning.clone()];
    assert_eq!(report::count(&three), "3 errors, 1 warning");
    assert_eq!(report::count(&[error]), "1 error");
    assert_eq!(report::count(&[]), "no findings");
    assert_eq!(report::findings(&[], &[], Format::Json), "[]\n");
    let json: serde_json::Value =
        serde_json::from_str(&report::findings(&[warning], &[], Format::Json)).expect("JSON");
    assert_eq!(json[0]["code"], "IDAC105");
    assert_eq!(json[0]["origin"]["file"], "a.yaml");
}
