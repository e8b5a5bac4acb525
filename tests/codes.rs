//! Every code that a finding carries is explained, and every explanation is of a code that some finding carries.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use idac::finding::{CODES, code};

#[test]
fn every_code_in_the_source_is_explained_and_every_explanation_is_used() {
    let mut used = BTreeSet::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        if !path.ends_with("finding/codes.rs") {
            let text = fs::read_to_string(&path).expect("a source file is text");
            used.extend(codes_in(&text));
        }
    }
    let explained: BTreeSet<String> = CODES.iter().map(|code| code.id.to_owned()).collect();
    let unexplained: Vec<&String> = used.difference(&explained).collect();
    let unused: Vec<&String> = explained.difference(&used).collect();
    assert!(
        unexplained.is_empty(),
        "add to src/finding/codes.rs: {unexplained:?}"
    );
    assert!(unused.is_empty(), "no finding carries: {unused:?}");
}

#[test]
fn codes_stand_in_order_and_each_once() {
    let ids: Vec<&str> = CODES.iter().map(|code| code.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}

#[test]
fn a_code_is_found_whatever_its_case() {
    let found = code("idac104").expect("IDAC104 is explained");
    assert_eq!(
        found.title,
        "No such app role or permission scope on a declared application"
    );
    assert!(code("IDAC999").is_none());
}

#[test]
fn an_explanation_says_why_and_what_to_do() {
    for code in CODES {
        let sentences = code.explanation.matches(". ").count()
            + code.explanation.matches(".\n").count()
            + usize::from(code.explanation.ends_with('.'));
        assert!(
            (1..=9).contains(&sentences),
            "{}: {sentences} sentences",
            code.id
        );
        assert!(!code.title.ends_with('.'), "{}", code.id);
        assert!(
            code.explanation.lines().all(|line| line.trim_end() == line),
            "{}",
            code.id
        );
    }
}

/// What stands in quotes and looks like a code.
fn codes_in(text: &str) -> impl Iterator<Item = String> + '_ {
    text.match_indices("\"IDAC").filter_map(|(at, _)| {
        let (code, _) = text[at + 1..].split_once('"')?;
        (code.len() == 7 && code[4..].bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| code.to_owned())
    })
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("the folder can be listed").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
