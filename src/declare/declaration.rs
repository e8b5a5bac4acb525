//! What the identity root says, as it is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::{Address, Name};
use crate::finding::Origin;
use crate::kind::Adoption;
use crate::object::{DeclaredObject, Node};

/// One file of the identity root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path below the root, with forward slashes: `environments/prod.yaml` is an environment, `idac.yaml` the
    /// project, everything else declares objects.
    pub path: Arc<str>,
    /// The path as people see it, for origins: `identities/environments/prod.yaml`.
    pub shown: Arc<str>,
    pub bytes: Vec<u8>,
}

/// The identity root, read. Findings say what is missing from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// `project` of `idac.yaml`.
    pub project: Name,
    /// `guardrails` of `idac.yaml`: blast radius.
    pub blast_radius: Option<(u64, u64)>,
    pub protected: Vec<(Address, Origin)>,
    pub environments: BTreeMap<Name, Environment>,
    /// In the order of their addresses.
    pub objects: Vec<DeclaredObject>,
    pub reading: Reading,
}

/// Whether everything that stands in the root could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Whole,
    /// A file or document could not, and a finding says so: what seems to be missing may stand there.
    Partial,
}

/// One file of `environments/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    pub name: Name,
    pub tenant: Tenant,
    /// Scalars by name.
    pub variables: BTreeMap<String, Node>,
    pub adopt: BTreeMap<Address, (Adoption, Origin)>,
    pub origin: Origin,
}

/// `tenant` of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenant {
    Emulator,
    Entra { id: String, cloud: String },
}
