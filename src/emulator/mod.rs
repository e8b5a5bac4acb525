//! Takes a `Request`, gives a `Response` (or, as a [`Graph`](crate::graph::Graph), a `Refusal`); never imports
//! anything of idac but `graph`.
//!
//! This room is an Entra tenant in memory. It answers by the rules that Microsoft documents for Graph v1.0, not
//! by what idac believes, so that a wrong idea of idac's meets a refusal here and not an echo. It knows Graph and
//! has never heard of plans. Where the documentation leaves a point open, [`Behaviour`] has a switch for it.
//!
//! [`Tenant`] is the pure state machine, [`Emulator`] the same thing behind the trait `Graph`, and [`store`] keeps
//! a tenant in a folder.

pub mod store;

mod application_rules;
mod applications;
mod assignments;
mod batch;
mod behaviour;
mod body;
mod conditional_access;
mod declared;
mod declared_policies;
mod declared_schedules;
mod delta;
mod directory;
mod document;
mod documents;
mod edit;
mod emulated;
mod faults;
mod federated;
mod filter;
mod filterable;
mod first_party;
mod founding;
mod groups;
mod guid;
mod hardship;
mod identifier_uris;
mod listed;
mod matching;
mod membership;
mod moment;
mod objects;
mod page;
mod past;
mod path;
mod permissions;
mod planted;
mod planting;
mod policies;
mod problem;
mod projected;
mod query;
mod record;
mod records;
mod roles;
mod route;
mod schedule_span;
mod schedules;
mod schema;
mod seen;
mod service_principals;
mod shape;
mod tenant;
mod token;

pub use behaviour::{
    AppOnlyCreator, Behaviour, ComplexPatch, DefaultAudience, DefaultRoleOnResourceWithRoles,
    DeletedGroupUniqueName, DeletedServicePrincipalLinks, DeletingAppRole, DisabledRoleAssignment,
    DuplicateAssignment, DuplicateIdentifierUri, EnabledPermissionEdit, GrantScope,
    IdentifierUriPolicy, PreAuthorizedScope, PublicRoleGroup, RemovingNonMember,
    RoleDefinitionInUse, SecurityGroupDeletion, UniqueNameCase, UnknownProperty,
    VersionTwoExemption,
};
pub use emulated::Emulator;
pub use founding::{FirstParty, Founding};
pub use hardship::{Flapping, Hardship, Lag, ScheduledRefusal};
pub use planted::{Deletion, Planted, Unplantable};
pub use record::Change;
pub use tenant::{Corrupt, Lost, Tenant};
