//! Stories: what a person types and what a person sees, on an embedded tenant, as transcripts in `tests/stories/`.
//!
//! A line that begins with `$ ` is a command; what follows, up to the next command, is what it must print. A line
//! that begins with `# ` tells the reader what happens. `IDAC_BLESS=1 cargo test --test stories` writes what was
//! printed into the transcripts: read the difference before it is committed.
//!
//! | command | does |
//! |---|---|
//! | `file PATH` | writes the lines that follow, each without its leading `\| ` |
//! | `edit PATH` | replaces the text of the `- ` lines by that of the `+ ` lines; it must be there once |
//! | `remove PATH` | removes the file |
//! | `idac ...` | runs the program; an exit code other than 0 is printed last |
//! | `tenant URL` | asks the stored tenant, as anybody could, and prints the answer |
//! | `portal METHOD URL JSON` | changes the tenant behind idac's back |
//! | `show PATH` | prints a file |

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use idac::emulator::store::Store;
use idac::graph::{Method, Request};
use serde_json::Value;

#[test]
fn every_story_is_told_as_it_is_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let mut stories: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("there are stories")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    stories.sort();
    assert!(!stories.is_empty(), "no story in {}", folder.display());
    let mut wrong = String::new();
    for path in stories {
        let written = fs::read_to_string(&path).expect("a story can be read");
        let told = tell(&written);
        if std::env::var_os("IDAC_BLESS").is_some() {
            fs::write(&path, &told).expect("a story can be written");
        } else if told != written {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let _ = writeln!(wrong, "── {name}\n{}", first_difference(&written, &told));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The story as it happens: its commands, with what they print now.
fn tell(written: &str) -> String {
    let place = tempfile::tempdir().expect("a folder for the story");
    let mut told = String::new();
    let mut lines = written.lines().peekable();
    while let Some(line) = lines.next() {
        told.push_str(line);
        told.push('\n');
        let Some(command) = line.strip_prefix("$ ") else {
            continue;
        };
        let mut below = Vec::new();
        let mut after = Vec::new();
        while let Some(next) = lines.next_if(|next| !next.starts_with("$ ")) {
            below.push(next);
        }
        // Blank lines and remarks before the next command belong to the story, not to what is printed.
        while let Some(last) = below.last() {
            if last.is_empty() || last.starts_with("# ") {
                after.insert(0, below.remove(below.len() - 1));
            } else {
                break;
            }
        }
        for line in run(place.path(), command, &below) {
            told.push_str(line.trim_end());
            told.push('\n');
        }
        for line in after {
            told.push_str(line);
            told.push('\n');
        }
    }
    told
}

/// Runs one command and gives the lines that stand below it from now on.
fn run(place: &Path, command: &str, below: &[&str]) -> Vec<String> {
    let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
    match word {
        "file" => {
            let text: Vec<&str> = below
                .iter()
                .map(|line| line.strip_prefix("| ").unwrap_or(""))
                .collect();
            let path = place.join(rest);
            fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
            fs::write(path, text.join("\n") + "\n").expect("a file");
            below.iter().map(|line| (*line).to_owned()).collect()
        }
        "edit" => {
            edit(&place.join(rest), below);
            below.iter().map(|line| (*line).to_owned()).collect()
        }
        "remove" => {
            fs::remove_file(place.join(rest)).expect("the file to remove");
            Vec::new()
        }
        "show" => lines(&fs::read_to_string(place.join(rest)).expect("the file to show")),
        "idac" => idac(place, rest),
        "tenant" => ask(place, Request::get(rest)),
        "portal" => {
            let mut words = rest.splitn(3, ' ');
            let method = words.next().and_then(Method::parse).expect("a method");
            let url = words.next().expect("a URL");
            let request = Request::new(method, url);
            let request = match words.next() {
                Some(body) => request.with_body(serde_json::from_str(body).expect("JSON")),
                None => request,
            };
            ask(place, request)
        }
        _ => panic!("no story command is called `{word}`"),
    }
}

fn edit(path: &Path, below: &[&str]) {
    let of = |sign: &str| -> String {
        let lines: Vec<&str> = below
            .iter()
            .filter_map(|line| line.strip_prefix(sign))
            .collect();
        lines.iter().map(|line| format!("{line}\n")).collect()
    };
    let text = fs::read_to_string(path).expect("the file to edit");
    let old = of("- ");
    assert_eq!(
        text.matches(&old).count(),
        1,
        "{} has this once:\n{old}",
        path.display()
    );
    fs::write(path, text.replace(&old, &of("+ "))).expect("the edited file");
}

fn idac(place: &Path, arguments: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_idac"))
        .args(arguments.split_whitespace())
        .current_dir(place)
        .env("NO_COLOR", "1")
        .env("USER", "ana")
        .env("HOSTNAME", "laptop")
        .env_remove("GITHUB_REPOSITORY")
        .output()
        .expect("idac runs");
    let mut printed = lines(&String::from_utf8_lossy(&output.stdout));
    printed.extend(lines(&String::from_utf8_lossy(&output.stderr)));
    if let Some(code) = output.status.code().filter(|code| *code != 0) {
        printed.push(format!("[exit {code}]"));
    }
    printed
        .iter()
        .map(|line| without_digests(&without_times(line)))
        .collect()
}

/// The line with `TIME` for every time to the second, which differs from run to run.
fn without_times(line: &str) -> String {
    const FORM: &[u8] = b"0000-00-00T00:00:00Z";
    let is_time = |bytes: &[u8]| {
        bytes.iter().zip(FORM).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == form,
        })
    };
    let mut line = line.to_owned();
    while let Some(at) = line.as_bytes().windows(FORM.len()).position(is_time) {
        line.replace_range(at..at + FORM.len(), "TIME");
    }
    line
}

/// Asks the stored tenant the way any client would; a write stays.
fn ask(place: &Path, request: Request) -> Vec<String> {
    let (mut store, mut tenant) =
        Store::open(&place.join(".idac/sandbox/tenant")).expect("a tenant");
    let response = tenant.answer(&request);
    store
        .append(&tenant.take_changes())
        .expect("the change is kept");
    let mut printed = Vec::new();
    if response.status != 200 {
        printed.push(response.status.to_string());
    }
    if let Some(mut body) = response.body {
        hide(&mut body);
        let body = body
            .get("value")
            .filter(|value| value.is_array())
            .cloned()
            .unwrap_or(body);
        printed.extend(lines(&serde_json::to_string_pretty(&body).expect("JSON")));
    }
    printed
}

/// Takes out what differs from run to run.
fn hide(body: &mut Value) {
    match body {
        Value::Object(members) => {
            members.retain(|name, _| {
                !name.starts_with("@odata.context")
                    && !name.ends_with("DateTime")
                    && name != "innerError"
            });
            members.values_mut().for_each(hide);
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The line with `DIGEST` for the digests of records, which hold times; those of plans stay.
fn without_digests(line: &str) -> String {
    let is_digest = |word: &str| {
        let digits = word.trim_end_matches([',', '.']);
        digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let mut before = "";
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        words.push(match is_digest(word) && before != "plan" {
            true => format!("DIGEST{}", &word[12..]),
            false => word.to_owned(),
        });
        if !word.is_empty() {
            before = word;
        }
    }
    words.join(" ")
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn first_difference(written: &str, told: &str) -> String {
    let at = written
        .lines()
        .zip(told.lines())
        .position(|(one, other)| one != other)
        .unwrap_or_else(|| written.lines().count().min(told.lines().count()));
    let excerpt = |text: &str| -> String {
        let lines: Vec<&str> = text.lines().skip(at.saturating_sub(2)).take(12).collect();
        lines.join("\n")
    };
    format!(
        "line {}: expected\n{}\nbut saw\n{}\n",
        at + 1,
        excerpt(written),
        excerpt(told)
    )
}
