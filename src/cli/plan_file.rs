//! The file in which a plan waits to be applied.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::problem::Problem;
use crate::declare;
use crate::digest::Digest;
use crate::kind;
use crate::plan::{self, Plan};

/// The form of the file. Another form is another name.
const FORM: &str = "plan/1";
/// A plan of a hundred thousand objects is smaller than this.
const BYTES_MAX: u64 = 4 << 30;

/// Why a file holds no plan that can be applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanFileError {
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
    #[error("the file is no plan of idac")]
    Malformed(#[source] serde_json::Error),
    #[error("the file has the form `{found}`, and this version reads `{FORM}`")]
    Form { found: String },
    #[error("the plan was edited: its digest is {actual}, and the file says {stated}")]
    Edited { stated: String, actual: String },
    #[error("the plan cannot be one that idac made: {why}")]
    Impossible { why: String },
    #[error(
        "the plan is not the one that idac makes of this declaration, this tenant and this ledger: {difference}"
    )]
    Differs { difference: String },
    #[error("the plan was made by idac {plan}, and this is idac {this}")]
    OtherVersion { plan: String, this: &'static str },
    #[error("the plan is for environment {plan}, and {asked} was named")]
    OtherEnvironment { plan: String, asked: String },
    #[error("the plan is for environment `{plan}`, which the identity root does not have")]
    NoEnvironment { plan: String },
}

impl PlanFileError {
    /// What a person can do.
    pub(super) fn help(&self) -> &'static str {
        match self {
            PlanFileError::Io(_) => "name the file that `idac plan --out FILE` wrote",
            PlanFileError::Malformed(_)
            | PlanFileError::Form { .. }
            | PlanFileError::Edited { .. }
            | PlanFileError::OtherVersion { .. }
            | PlanFileError::Differs { .. }
            | PlanFileError::Impossible { .. } => {
                "make it again with `idac plan --out FILE`; change the declarations, never the plan"
            }
            PlanFileError::OtherEnvironment { .. } => "leave -e out, or plan for that environment",
            PlanFileError::NoEnvironment { .. } => {
                "name the root that the plan was made from with --root, or plan again"
            }
        }
    }
}

#[derive(Serialize)]
struct Written<'a> {
    idac: &'static str,
    digest: Digest,
    plan: &'a Plan,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(rename = "idac")]
    _form: String,
    digest: Digest,
    plan: Plan,
}

/// What every form has, read first so that a newer form is not called malformed.
#[derive(Deserialize)]
struct Form {
    idac: String,
}

/// Writes the plan; a crash leaves the old file or the new one.
pub(super) fn write(path: &Path, plan: &Plan) -> Result<(), Problem> {
    let written = Written {
        idac: FORM,
        digest: plan.digest(),
        plan,
    };
    let mut bytes = serde_json::to_vec_pretty(&written)
        .unwrap_or_else(|error| panic!("bug: a plan cannot be written as JSON: {error}"));
    bytes.push(b'\n');
    replace(path, &bytes).map_err(|source| Problem::Write {
        path: path.to_owned(),
        source,
    })
}

/// Puts the bytes in the place of the file, all at once.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not the path of a file",
        ));
    };
    // A pipe or a device is written to: it has no old content to keep.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        return fs::OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(bytes);
    }
    let mut fresh_name = name.to_owned();
    fresh_name.push(".fresh");
    let fresh = path.with_file_name(fresh_name);
    let written = File::create(&fresh)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    written
}

/// Reads a plan and checks that it is as it was written, and for the environment that was named, if one was.
pub(super) fn read_for(path: &Path, environment: Option<&str>) -> Result<Plan, Problem> {
    read_checked(path)
        .and_then(|plan| match environment {
            Some(asked) if asked != plan.basis.environment.as_str() => {
                Err(PlanFileError::OtherEnvironment {
                    plan: plan.basis.environment.to_string(),
                    asked: asked.to_owned(),
                })
            }
            Some(_) | None => Ok(plan),
        })
        .map_err(|source| Problem::PlanFile {
            path: path.to_owned(),
            source,
        })
}

fn read_checked(path: &Path) -> Result<Plan, PlanFileError> {
    let bytes = fs::metadata(path).map_err(PlanFileError::Io)?.len();
    if bytes > BYTES_MAX {
        let why = format!("it has {bytes} bytes");
        return Err(PlanFileError::Impossible { why });
    }
    let bytes = fs::read(path).map_err(PlanFileError::Io)?;
    let form: Form = serde_json::from_slice(&bytes).map_err(PlanFileError::Malformed)?;
    if form.idac != FORM {
        return Err(PlanFileError::Form { found: form.idac });
    }
    let Read {
        _form,
        digest,
        plan,
    } = serde_json::from_slice(&bytes).map_err(PlanFileError::Malformed)?;
    let actual = plan.digest();
    if actual != digest {
        return Err(PlanFileError::Edited {
            stated: digest.short().to_owned(),
            actual: actual.short().to_owned(),
        });
    }
    if plan.basis.version != plan::VERSION {
        return Err(PlanFileError::OtherVersion {
            plan: plan.basis.version,
            this: plan::VERSION,
        });
    }
    check(&plan)?;
    Ok(plan)
}

/// Whether the plan is the one that idac makes now, down to the last word.
pub(super) fn check_is_made(path: &Path, given: &Plan, made: &Plan) -> Result<(), Problem> {
    if given == made {
        return Ok(());
    }
    let json = |plan| {
        serde_json::to_value(plan)
            .unwrap_or_else(|error| panic!("bug: a plan cannot be written as JSON: {error}"))
    };
    let difference = difference(&json(given), &json(made), "")
        .unwrap_or_else(|| panic!("bug: two plans differ and are written alike"));
    Err(Problem::PlanFile {
        path: path.to_owned(),
        source: PlanFileError::Differs { difference },
    })
}

/// The first place where two plans differ, in the order in which they are written.
fn difference(given: &Value, made: &Value, place: &str) -> Option<String> {
    let said = |value: Option<&Value>| match value {
        None => "nothing".to_owned(),
        Some(Value::Array(_)) => "a list".to_owned(),
        Some(Value::Object(_)) => "a map".to_owned(),
        Some(value) => format!("`{}`", declare::shortened(&value.to_string())),
    };
    match (given, made) {
        (Value::Object(given), Value::Object(made)) => {
            let keys: BTreeSet<&String> = given.keys().chain(made.keys()).collect();
            keys.into_iter().find_map(|key| {
                let place = format!("{place}/{key}");
                match (given.get(key), made.get(key)) {
                    (Some(given), Some(made)) => difference(given, made, &place),
                    (given, made) => Some(differs(&place, &said(given), &said(made))),
                }
            })
        }
        (Value::Array(given), Value::Array(made)) => {
            (0..given.len().max(made.len())).find_map(|at| {
                let place = format!("{place}/{at}");
                match (given.get(at), made.get(at)) {
                    (Some(given), Some(made)) => difference(given, made, &place),
                    (given, made) => Some(differs(&place, &said(given), &said(made))),
                }
            })
        }
        _ if given == made => None,
        _ => Some(differs(place, &said(Some(given)), &said(Some(made)))),
    }
}

fn differs(place: &str, given: &str, made: &str) -> String {
    format!("at `{place}` it has {given}, and idac plans {made}")
}

/// What every plan of idac keeps to, and what other rooms count on.
fn check(plan: &Plan) -> Result<(), PlanFileError> {
    for (at, step) in plan.steps.iter().enumerate() {
        let why = if step.id.0 as usize != at + 1 {
            format!("step {} is not number {}", step.id, at + 1)
        } else if kind::find_entity(&step.entity).is_none() {
            format!("step {} is about an unknown `{}`", step.id, step.entity)
        } else if step
            .after
            .iter()
            .any(|after| *after >= step.id || after.0 == 0)
        {
            format!("step {} waits for one that is not before it", step.id)
        } else {
            continue;
        };
        return Err(PlanFileError::Impossible { why });
    }
    Ok(())
}
