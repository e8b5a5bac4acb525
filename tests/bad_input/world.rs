//! A folder in which a small company was applied, and what is done to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// An application with an app role that a group holds: enough for every kind of step.
pub(super) const PAYMENTS: &str = "\
kind: application
name: payments-api
displayName: Payments API
owners: [ user/ana@contoso.com ]
appRoles:
  - value: Payments.Process
    displayName: Process payments
    description: Process payments without a user.
    allowedMemberTypes: [ User, Application ]
servicePrincipal:
  appRoleAssignedTo:
    - { principal: group/operators, appRole: Payments.Process }
---
kind: group
name: operators
displayName: Operators
members: [ user/ana@contoso.com ]
";

/// Where the cases stand.
pub(super) fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/cli")
}

/// A case on its way.
pub(super) struct World {
    case: PathBuf,
    place: TempDir,
    /// What was said so far.
    said: String,
    before: BTreeMap<PathBuf, Vec<u8>>,
}

impl World {
    /// The applied company, without a case: a test asserts by itself what is said.
    pub(super) fn plain() -> World {
        World::at(cases().join("none"))
    }

    /// The applied company, with the files of the case laid over its root.
    pub(super) fn of(case: &str) -> World {
        World::at(cases().join(case))
    }

    fn at(case: PathBuf) -> World {
        let place = tempfile::tempdir().expect("a folder");
        copy(applied(), place.path());
        copy(&case, place.path());
        let _ = fs::remove_file(place.path().join("expected.txt"));
        World {
            case,
            place,
            said: String::new(),
            before: BTreeMap::new(),
        }
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.place.path().join(below)
    }

    pub(super) fn read(&self, below: &str) -> Vec<u8> {
        fs::read(self.path(below)).expect("the file is there")
    }

    pub(super) fn write(self, below: &str, bytes: impl AsRef<[u8]>) -> World {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(path, bytes).expect("it is written");
        self
    }

    pub(super) fn remove(self, below: &str) -> World {
        let path = self.path(below);
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
        removed.expect("it is removed");
        self
    }

    /// Does harm to a file.
    pub(super) fn harm(self, below: &str, harm: impl FnOnce(Vec<u8>) -> Vec<u8>) -> World {
        let bytes = self.read(below);
        let harmed = harm(bytes.clone());
        assert_ne!(bytes, harmed, "the harm is none");
        self.write(below, harmed)
    }

    /// Changes text of a file.
    pub(super) fn edit(self, below: &str, from: &str, to: &str) -> World {
        let text = String::from_utf8(self.read(below)).expect("it is text");
        assert!(text.contains(from), "{below} has no {from}");
        self.write(below, text.replace(from, to))
    }

    /// Says what comes next.
    pub(super) fn note(mut self, text: &str) -> World {
        let _ = writeln!(self.said, "# {text}");
        self
    }

    /// Runs idac; nothing may change, and the exit code is this.
    #[track_caller]
    pub(super) fn refuses(mut self, code: i32, arguments: &[&str]) -> World {
        self.before = self.bytes();
        let world = self.runs(code, arguments);
        world.assert_untouched();
        world
    }

    /// Runs idac to get somewhere: what it says is not what the case is about.
    #[track_caller]
    pub(super) fn first(self, arguments: &[&str]) -> World {
        let output = idac(self.place.path(), arguments);
        let stderr = text(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {stderr}");
        self
    }

    /// Runs idac; the exit code is this.
    #[track_caller]
    pub(super) fn runs(mut self, code: i32, arguments: &[&str]) -> World {
        let output = idac(self.place.path(), arguments);
        let stdout = text(&output.stdout);
        let stderr = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}\n{stdout}\n{stderr}"
        );
        for shown in [&stdout, &stderr] {
            let raw = |char: char| char.is_control() && char != '\n';
            assert!(
                !shown.contains(raw),
                "a control character is shown raw: {shown:?}"
            );
        }
        let shown: Vec<String> = arguments.iter().map(|text| quoted(text)).collect();
        let _ = writeln!(
            self.said,
            "$ idac {}\n{stdout}{stderr}[exit {code}]\n",
            shown.join(" ")
        );
        self
    }

    /// What was said is what the case expects.
    #[track_caller]
    pub(super) fn says_what_is_expected(self) {
        let said = self.said.trim_end().to_owned() + "\n";
        let path = self.case.join("expected.txt");
        if std::env::var_os("IDAC_BLESS").is_some() {
            fs::create_dir_all(&self.case).expect("a folder");
            fs::write(&path, &said).expect("the case can be written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            expected == said,
            "── {} expects\n{expected}── and gets\n{said}",
            path.display()
        );
    }

    /// The tenant's state, what was recorded of it, and the root are what they were, byte for byte.
    #[track_caller]
    fn assert_untouched(&self) {
        let after = self.bytes();
        let changed: Vec<&PathBuf> = self
            .before
            .iter()
            .filter(|(path, bytes)| after.get(*path) != Some(bytes))
            .map(|(path, _)| path)
            .chain(after.keys().filter(|path| !self.before.contains_key(*path)))
            .collect();
        assert!(
            changed.is_empty(),
            "changed, made or gone: {changed:?}\n{}",
            self.said
        );
    }

    fn bytes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(self.place.path(), &mut found);
        found
    }
}

/// Runs idac where nobody is at a terminal.
pub(super) fn idac(place: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_idac"))
        .args(arguments)
        .current_dir(place)
        .stdin(Stdio::null())
        .output()
        .expect("idac runs")
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("idac says text")
}

/// The company, applied once for all cases: they get copies.
fn applied() -> &'static Path {
    static APPLIED: OnceLock<TempDir> = OnceLock::new();
    APPLIED
        .get_or_init(|| {
            let place = tempfile::tempdir().expect("a folder");
            for (path, text) in [
                ("idac.yaml", "project: contoso\n"),
                ("environments/sandbox.yaml", "tenant: emulator\n"),
                ("payments.yaml", PAYMENTS),
            ] {
                let path = place.path().join("identities").join(path);
                fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                fs::write(path, text).expect("a file");
            }
            let output = idac(place.path(), &["apply", "--yes"]);
            assert!(output.status.success(), "{}", text(&output.stderr));
            place
        })
        .path()
}

fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else {
        return;
    };
    for entry in entries {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&to).expect("a folder");
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

/// Every file below, and of links where they lead.
fn collect(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let metadata = fs::symlink_metadata(&path).expect("it is there");
        if metadata.is_symlink() {
            let target = fs::read_link(&path).expect("a link");
            found.insert(path, target.to_string_lossy().into_owned().into_bytes());
        } else if metadata.is_dir() {
            collect(&path, found);
            found.insert(path, Vec::new());
        } else if metadata.is_file() {
            // One that nobody may read is not changed either, but cannot be compared.
            let bytes = fs::read(&path).unwrap_or_default();
            found.insert(path, bytes);
        }
    }
}

fn quoted(argument: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "-_./=".contains(char);
    match !argument.is_empty() && argument.chars().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.escape_debug()),
    }
}
