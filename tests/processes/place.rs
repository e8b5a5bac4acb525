//! A folder with two declarations of one company, A and B, and an embedded tenant between them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// What both declare.
const SHARED: &str = "\
kind: group
name: crew
displayName: Crew
owners: [ user/ana@contoso.com ]
members: [ user/ana@contoso.com, user/ben@contoso.com ]
---
kind: application
name: shop
displayName: Shop
owners: [ user/ana@contoso.com ]
appRoles:
  - { value: Shop.Sell, displayName: Sell, description: Sell., allowedMemberTypes: [ User, Application ] }
servicePrincipal: {}
";

/// What only A declares, or declares so: B leaves out the old objects, and has others.
const A: &str = "\
kind: group
name: watch
displayName: Watch
description: Looks after the night.
owners: [ user/ana@contoso.com ]
members: [ user/ana@contoso.com, user/ben@contoso.com, user/chloe@contoso.com ]
---
kind: group
name: office
displayName: Office
owners: [ user/ana@contoso.com ]
members: [ group/crew, user/ben@contoso.com ]
---
kind: group
name: old
displayName: Old
owners: [ user/ana@contoso.com ]
members: [ user/ana@contoso.com ]
---
kind: application
name: till
displayName: Till
notes: The first one.
identifierUris: []
owners: [ user/ana@contoso.com ]
tags: [ counter ]
appRoles:
  - { value: Till.Open, displayName: Open, description: Open the till., allowedMemberTypes: [ User ] }
  - { value: Till.Count, displayName: Count, description: Count the till., allowedMemberTypes: [ User ] }
federatedIdentityCredentials:
  - { name: deploy, issuer: 'https://token.actions.githubusercontent.com', subject: 'repo:contoso/till:ref:refs/heads/main' }
servicePrincipal:
  appRoleAssignedTo:
    - { principal: group/crew, appRole: Till.Open }
    - { principal: user/ana@contoso.com, appRole: Till.Count }
---
kind: application
name: ledger
displayName: Ledger
owners: [ user/ben@contoso.com ]
requiredResourceAccess:
  - { resource: Microsoft Graph, scopes: [ User.Read ], adminConsent: true }
servicePrincipal: {}
";

const B: &str = "\
kind: group
name: watch
displayName: The watch
description: Looks after the day.
owners: [ user/ben@contoso.com ]
members: [ user/emeka@contoso.com, group/new ]
---
kind: group
name: office
displayName: The office
owners: [ user/ana@contoso.com, user/ben@contoso.com ]
members: [ user/ana@contoso.com ]
---
kind: group
name: new
displayName: New
owners: [ user/ana@contoso.com ]
members: [ user/ana@contoso.com, user/ben@contoso.com, group/crew ]
---
kind: application
name: till
displayName: The till
notes: The second one.
identifierUris: [ 'api://${self.appId}' ]
owners: [ user/ben@contoso.com ]
tags: [ counter, new ]
appRoles:
  - { value: Till.Open, displayName: Open, description: Open the till., allowedMemberTypes: [ User ] }
  - { value: Till.Audit, displayName: Audit, description: Audit the till., allowedMemberTypes: [ User ] }
federatedIdentityCredentials:
  - { name: deploy, issuer: 'https://token.actions.githubusercontent.com', subject: 'repo:contoso/till:environment:sandbox' }
servicePrincipal:
  appRoleAssignedTo:
    - { principal: group/new, appRole: Till.Audit }
    - { principal: user/ben@contoso.com, appRole: Till.Open }
---
kind: application
name: scanner
displayName: Scanner
owners: [ user/ana@contoso.com ]
requiredResourceAccess:
  - { resource: Microsoft Graph, scopes: [ User.Read, openid ], adminConsent: true }
  - { resource: application/shop, appRoles: [ Shop.Sell ], adminConsent: true }
federatedIdentityCredentials:
  - { name: cluster, issuer: 'https://cluster.contoso.com', subject: 'system:serviceaccount:scanner:scanner' }
servicePrincipal: {}
";

/// One of the two declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    A,
    B,
}

impl Root {
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Root::A => "a",
            Root::B => "b",
        }
    }

    #[allow(dead_code, reason = "not every test goes back")]
    pub(crate) fn other(self) -> Root {
        match self {
            Root::A => Root::B,
            Root::B => Root::A,
        }
    }
}

/// The folder in which idac runs.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        let place = Place {
            folder: tempfile::tempdir().expect("a folder"),
        };
        for (root, text) in [(Root::A, A), (Root::B, B)] {
            let write = |path: &str, text: &str| {
                place.write(&format!("{}/{path}", root.folder()), text);
            };
            write(
                "idac.yaml",
                "project: contoso\nguardrails: { blast-radius: { deletes: 50, percent: 100 } }\n",
            );
            write("environments/sandbox.yaml", "tenant: emulator\n");
            write("shared.yaml", SHARED);
            write("company.yaml", text);
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// `.idac/sandbox`.
    pub(crate) fn state(&self) -> PathBuf {
        self.path().join(".idac/sandbox")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    fn command(&self, root: Root, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_idac"));
        command
            .args(arguments)
            .args(["--root", root.folder()])
            .current_dir(self.path())
            .env("NO_COLOR", "1")
            .env("USER", "ana")
            .env("HOSTNAME", "laptop")
            .env_remove("GITHUB_RUN_ID");
        command
    }

    /// Runs to the end.
    pub(crate) fn idac(&self, root: Root, arguments: &[&str]) -> Output {
        self.command(root, arguments).output().expect("idac runs")
    }

    /// Starts a run that says on stderr what it does, which the caller reads.
    pub(crate) fn start(&self, root: Root, arguments: &[&str]) -> Child {
        self.command(root, arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("idac starts")
    }
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
pub(crate) fn exits(output: &Output, code: i32) {
    assert_eq!(
        output.status.code(),
        Some(code),
        "stdout:\n{}\nstderr:\n{}",
        stdout(output),
        stderr(output)
    );
}
