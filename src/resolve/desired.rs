//! What the declaration comes to in one environment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use crate::address::{Address, Name, TenantId};
use crate::finding::Finding;
use crate::object::DesiredObject;

/// Everything that one environment's tenant should hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Desired {
    pub project: Name,
    pub environment: Name,
    pub tenant: TenantChoice,
    /// Managed objects and those that they refer to.
    pub objects: BTreeMap<Address, DesiredObject>,
    #[serde(skip)]
    pub settings: Settings,
    /// What is worth a look although it stops nothing.
    #[serde(skip)]
    pub warnings: Vec<Finding>,
}

/// Which tenant an environment is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TenantChoice {
    /// The embedded one; no account is needed.
    Emulator,
    /// A tenant of Microsoft's, in one of its clouds (`global`, `usgov`, `usdod`, `china`).
    Entra { id: TenantId, cloud: Name },
}

/// What `idac.yaml` says about guardrails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The path of `idac.yaml` as people see it: the place of findings about the root as a whole.
    pub project_file: Arc<str>,
    pub blast_radius: BlastRadius,
    /// Objects that no plan may delete or weaken, declared here or not.
    pub protected: BTreeSet<Address>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            project_file: Arc::from("idac.yaml"),
            blast_radius: BlastRadius::default(),
            protected: BTreeSet::new(),
        }
    }
}

/// How much one plan may delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlastRadius {
    /// The most objects that are deleted without a word.
    pub deletes: u64,
    /// The most of the managed objects, in percent.
    pub percent: u64,
}

impl Default for BlastRadius {
    fn default() -> BlastRadius {
        BlastRadius {
            deletes: 10,
            percent: 25,
        }
    }
}
