//! Small identity roots and what idac says of them, side by side: `tests/cases/<room>/<case>/`.
//!
//! A case is a folder with a root and `expected.txt`. `IDAC_BLESS=1 cargo test --test cases` writes what is said now.

#[path = "cases/plan.rs"]
mod plan;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use idac::declare::{Declaration, Source, declare};
use idac::finding::{self, Finding, Severity};
use idac::resolve::resolve;

#[test]
fn every_root_gets_the_findings_that_its_case_expects() {
    let mut wrong = Vec::new();
    for case in cases("declare") {
        let said = say(&sources(&case));
        let expected = case.join("expected.txt");
        if std::env::var_os("IDAC_BLESS").is_some() {
            fs::write(&expected, &said).expect("the case can be written");
        }
        let expects = fs::read_to_string(&expected).unwrap_or_default();
        if expects != said {
            wrong.push(format!(
                "── {} expects\n{expects}── and gets\n{said}",
                case.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_root_without_findings_comes_to_what_its_case_expects() {
    let mut wrong = Vec::new();
    for case in cases("declare") {
        let (declaration, findings) = declare(&sources(&case));
        if finding::has_errors(&findings) {
            continue;
        }
        for environment in declaration.environments.values() {
            let Ok(desired) = resolve(&declaration, environment) else {
                continue;
            };
            let json =
                serde_json::to_string_pretty(&desired).expect("what is desired is JSON") + "\n";
            let expected = case.join(format!("desired.{}.json", environment.name));
            if std::env::var_os("IDAC_BLESS").is_some() {
                fs::write(&expected, &json).expect("the case can be written");
            }
            if fs::read_to_string(&expected).unwrap_or_default() != json {
                wrong.push(format!("{} is now\n{json}", expected.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_the_declaration_has_a_case() {
    let mut seen = BTreeSet::new();
    for case in cases("declare") {
        let expected = fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
        for code in finding::CODES {
            if expected.contains(&format!("[{}]", code.id)) {
                seen.insert(code.id);
            }
        }
    }
    // Their inputs are no text that one would commit: tests below make them.
    seen.extend(["IDAC101", "IDAC103", "IDAC112"]);
    // What a file is on the disk: the tests of the command line show these.
    seen.extend(["IDAC128", "IDAC129"]);
    let missing: Vec<&str> = finding::CODES
        .iter()
        .map(|code| code.id)
        .filter(|id| id.starts_with("IDAC1") && !seen.contains(id))
        .collect();
    assert!(missing.is_empty(), "no case shows {missing:?}");
}

#[test]
fn a_file_that_is_not_utf_8_is_refused_at_its_first_bad_byte() {
    let said = said_of("groups.yaml", b"kind: group\nname: caf\xe9\n");
    assert_eq!(
        said,
        "identities/groups.yaml:2:10: error[IDAC101] the file is not UTF-8: byte 22 is not part of a character — help: save the file as UTF-8\n"
    );
}

#[test]
fn a_file_of_fifty_megabytes_is_refused_unread() {
    let said = said_of("big.yaml", &vec![b'a'; 50 << 20]);
    assert_eq!(
        said,
        "identities/big.yaml:1:1: error[IDAC103] the file has more than 1048576 bytes, and is not read — help: split it into several files, or move it out of the identity root\n"
    );
}

#[test]
fn a_character_that_nobody_sees_is_refused() {
    let said = said_of("groups.yaml", "kind: group\nname: a\0b\n".as_bytes());
    assert!(
        said.starts_with(
            "identities/groups.yaml:2:8: error[IDAC112] the file has the invisible character U+0000"
        ),
        "{said}"
    );
    let said = said_of("groups.yaml", "# \u{202E}\nkind: group\n".as_bytes());
    assert!(
        said.starts_with(
            "identities/groups.yaml:1:3: error[IDAC112] the file has the invisible character U+202E"
        ),
        "{said}"
    );
}

#[test]
fn values_that_stand_too_deep_are_refused_in_one_finding() {
    let said = said_of("deep.yaml", "[".repeat(200_000).as_bytes());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("error[IDAC103] values stand more than 32 deep in each other"),
        "{said}"
    );
}

#[test]
fn too_many_documents_in_one_file_are_refused() {
    let documents: String = (0..5_100)
        .map(|number| format!("---\nkind: group\nname: g{number}\ndisplayName: G\n"))
        .collect();
    let said = said_of("many.yaml", documents.as_bytes());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("error[IDAC103] the file has more than 5000 documents"),
        "{said}"
    );
}

#[test]
fn a_file_full_of_mistakes_does_not_hide_the_first() {
    let said = said_of("many.yaml", "--- a\n".repeat(4_000).as_bytes());
    assert_eq!(said.lines().count(), 101);
    assert!(
        said.starts_with("identities/many.yaml:1:5: error[IDAC113]"),
        "{said}"
    );
    assert!(
        said.contains("3900 more findings in identities/many.yaml are not shown"),
        "{said}"
    );
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let said = said_of(
        "groups.yaml",
        "\u{FEFF}kind: group\r\nname: a\r\ndisplayName: A\r\n".as_bytes(),
    );
    assert_eq!(said, "");
}

#[test]
fn the_same_root_in_another_order_is_the_same_declaration() {
    let one = sources(&cases("declare")[0]);
    let other: Vec<Source> = one.iter().rev().cloned().collect();
    assert_eq!(declare(&one), declare(&other));
}

fn cases(room: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(room);
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .expect("there are cases")
        .map(|entry| entry.expect("a case can be listed").path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn sources(case: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![case.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the case can be listed") {
            let path = entry.expect("the case can be listed").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let below = path.strip_prefix(case).expect("the file is below its case");
            let below = below.to_str().expect("names are text").replace('\\', "/");
            let is_said = below == "expected.txt" || below.starts_with("desired.");
            if !is_said && below != "tenant.json" {
                sources.push(source(
                    &below,
                    &fs::read(&path).expect("the file can be read"),
                ));
            }
        }
    }
    sources
}

fn source(path: &str, bytes: &[u8]) -> Source {
    Source {
        path: Arc::from(path),
        shown: Arc::from(format!("identities/{path}")),
        bytes: bytes.to_owned(),
    }
}

/// What is said of one file in a root that is well otherwise.
fn said_of(path: &str, bytes: &[u8]) -> String {
    say(&[
        source("idac.yaml", b"project: contoso\n"),
        source("environments/sandbox.yaml", b"tenant: emulator\n"),
        source(path, bytes),
    ])
}

/// All findings of a root: those of the declaration, then those of each environment, each once.
fn say(sources: &[Source]) -> String {
    let (declaration, mut findings) = declare(sources);
    for environment in declaration.environments.values() {
        findings.extend(resolved(&declaration, environment));
    }
    finding::sort(&mut findings);
    findings.iter().map(line).collect()
}

fn resolved(declaration: &Declaration, environment: &idac::declare::Environment) -> Vec<Finding> {
    match resolve(declaration, environment) {
        Ok(desired) => desired.warnings,
        Err(findings) => findings,
    }
}

fn line(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let label = finding
        .label
        .as_ref()
        .map_or_else(String::new, |label| format!(" — {label}"));
    format!(
        "{}:{}:{}: {severity}[{}] {}{label} — help: {}\n",
        finding.origin.file,
        finding.origin.line,
        finding.origin.column,
        finding.code,
        finding.message,
        finding.remedy
    )
}
