//! Why a command did not do what it was asked: which exit code that is, and what a person can do.

use std::io;
use std::path::PathBuf;

use super::exit::Exit;
use super::plan_file::PlanFileError;
use super::root::RootError;
use crate::address::Name;
use crate::apply::{ApplyError, Moved};
use crate::emulator::store::StoreError;
use crate::ledger::LedgerError;
use crate::observe::ObserveError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("cannot read the identity root")]
    Root(#[from] RootError),
    #[error("no environment was named, and the identity root has {}", listed(.environments))]
    NoEnvironment { environments: Vec<Name> },
    #[error("the identity root has no environment `{name}`; it has {}", listed(.environments))]
    UnknownEnvironment {
        name: String,
        environments: Vec<Name>,
        nearest: Option<String>,
    },
    #[error(
        "tenant {tenant} of environment {environment} is not reachable by this version of idac"
    )]
    NotReachable {
        environment: Name,
        tenant: String,
        embedded: Vec<Name>,
    },
    #[error(
        "environment {environment} is tenant {tenant}, which is not embedded: there is nothing to reset"
    )]
    NotEmbedded { environment: Name, tenant: String },
    #[error("cannot open the embedded tenant")]
    Store(#[from] StoreError),
    #[error("cannot observe the tenant")]
    Observe(#[from] ObserveError),
    #[error(
        "the ledger of {environment} tells of a tenant, and there is none in {folder}",
        folder = folder.display()
    )]
    NoTenant { environment: Name, folder: PathBuf },
    #[error("cannot use the ledger")]
    Ledger(#[from] LedgerError),
    #[error("--ledger-remote was given for a ledger in a folder")]
    RemoteOfFolder,
    #[error("--ledger-remote takes the name of a remote or a path, not a URL")]
    RemoteAsUrl,
    #[error("the ledger of {environment} has no record {number}")]
    NoRecord { environment: Name, number: u64 },
    #[error("cannot apply the plan")]
    Apply(#[from] ApplyError),
    #[error("cannot use the plan in {path}", path = path.display())]
    PlanFile {
        path: PathBuf,
        #[source]
        source: PlanFileError,
    },
    #[error(transparent)]
    Moved(#[from] Moved),
    #[error(
        "stopped in the middle: the tenant stays held, and what was done stands in the ledger and the journal"
    )]
    Interrupted,
    #[error("cannot go {way}, and nothing was written: {why}")]
    NoWay { way: &'static str, why: String },
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    #[error("cannot use the faults in {path}", path = path.display())]
    Hardship {
        path: PathBuf,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("nobody is at a terminal to be asked")]
    NobodyToAsk,
    #[error("no code is called `{code}`")]
    NoCode {
        code: String,
        nearest: Option<String>,
    },
    #[error("cannot write {path}", path = path.display())]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot remove {path}", path = path.display())]
    Remove {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write the result")]
    Output(#[source] io::Error),
    #[error("cannot read the answer")]
    Input(#[source] io::Error),
    #[error("cannot start")]
    Start(#[source] io::Error),
}

impl Problem {
    /// The exit code.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Problem::NoEnvironment { .. }
            | Problem::UnknownEnvironment { .. }
            | Problem::RemoteOfFolder
            | Problem::RemoteAsUrl
            | Problem::NobodyToAsk
            | Problem::NoCode { .. } => Exit::Usage,
            Problem::Root(_)
            | Problem::NotReachable { .. }
            | Problem::NotEmbedded { .. }
            | Problem::Store(_)
            | Problem::NoTenant { .. }
            | Problem::Observe(_)
            | Problem::Ledger(_)
            | Problem::NoRecord { .. }
            | Problem::Apply(_)
            | Problem::PlanFile { .. }
            | Problem::Moved(_)
            | Problem::Interrupted
            | Problem::NoWay { .. }
            | Problem::Signals(_)
            | Problem::Hardship { .. }
            | Problem::Write { .. }
            | Problem::Remove { .. }
            | Problem::Output(_)
            | Problem::Input(_)
            | Problem::Start(_) => Exit::Failed,
        }
    }

    /// What a person can do, where that is known.
    pub(super) fn help(&self) -> Option<String> {
        match self {
            Problem::Root(error) => root_help(error),
            Problem::NoEnvironment { environments } => Some(match environments.first() {
                Some(first) => format!("name one with -e, such as `-e {first}`"),
                None => "write environments/sandbox.yaml with `tenant: emulator`".to_owned(),
            }),
            Problem::UnknownEnvironment { nearest, .. } => Some(match nearest {
                Some(name) => format!("did you mean `-e {name}`?"),
                None => "name one that is there with -e".to_owned(),
            }),
            Problem::NotReachable { embedded, .. } => Some(match embedded.first() {
                Some(name) => format!("this version reaches the embedded tenant only: use `-e {name}`"),
                None => "this version reaches the embedded tenant only: write environments/sandbox.yaml with `tenant: emulator`".to_owned(),
            }),
            Problem::NoTenant { environment, .. } => Some(format!(
                "restore the folder from a backup, or begin again with `idac emulator reset -e {environment}`"
            )),
            Problem::Write { .. } => {
                Some("name a place that is there and that you may write to".to_owned())
            }
            Problem::PlanFile { source, .. } => Some(source.help().to_owned()),
            Problem::Interrupted => Some(
                "run `idac recover`: it looks at what took effect, then goes on from there or takes it back".to_owned(),
            ),
            Problem::NoWay { .. } => {
                Some("run `idac recover` without saying which way".to_owned())
            }
            Problem::Hardship { .. } => Some(
                "write what `idac emulator hardship` without --file shows, such as `{ \"latency_ms\": 50 }`".to_owned(),
            ),
            Problem::RemoteOfFolder => Some("say --ledger git too, or leave --ledger-remote out".to_owned()),
            Problem::RemoteAsUrl => Some("add it with `git remote add NAME URL`, and name that".to_owned()),
            Problem::NoRecord { .. } => Some("`idac ledger log` lists the records".to_owned()),
            Problem::NobodyToAsk => Some("say --yes to apply without being asked".to_owned()),
            Problem::NoCode { nearest, .. } => Some(match nearest {
                Some(name) => format!("did you mean `{name}`? `idac explain` lists all"),
                None => "`idac explain` lists all codes".to_owned(),
            }),
            Problem::NotEmbedded { .. }
            | Problem::Store(_)
            | Problem::Observe(_)
            | Problem::Ledger(_)
            | Problem::Apply(_)
            | Problem::Signals(_)
            | Problem::Remove { .. }
            | Problem::Output(_)
            | Problem::Input(_)
            | Problem::Start(_) => None,
            Problem::Moved(_) => Some(
                "plan again, with `idac plan --out FILE`, and look at what is different now".to_owned(),
            ),
        }
    }
}

fn root_help(error: &RootError) -> Option<String> {
    match error {
        RootError::Missing { .. } => Some(
            "run idac beside your `identities` folder, or name the folder of declarations with --root"
                .to_owned(),
        ),
        RootError::File { .. } => {
            Some("name the folder that holds idac.yaml with --root".to_owned())
        }
        RootError::Io { .. } => Some("check who may read it".to_owned()),
        RootError::TooDeep { .. } => {
            Some("move it up, or out of the identity root; is --root the right folder?".to_owned())
        }
    }
}

fn listed(environments: &[Name]) -> String {
    let names: Vec<&str> = environments.iter().map(Name::as_str).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
