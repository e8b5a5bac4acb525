//! The tenant in memory against what Microsoft documents: one case per behaviour, with the page named.
//! `emulator/checklist.rs` is the table of what has to hold, and which case shows it.

#![recursion_limit = "256"] // The wire shapes of the documentation are long.

#[path = "emulator/checklist.rs"]
mod checklist;
#[path = "emulator/harness.rs"]
mod harness;
#[path = "emulator/reads_batch.rs"]
mod reads_batch;
#[path = "emulator/reads_delta.rs"]
mod reads_delta;
#[path = "emulator/reads_filters.rs"]
mod reads_filters;
#[path = "emulator/reads_hardship.rs"]
mod reads_hardship;
#[path = "emulator/reads_harness.rs"]
mod reads_harness;
#[path = "emulator/reads_membership.rs"]
mod reads_membership;
#[path = "emulator/reads_models.rs"]
mod reads_models;
#[path = "emulator/reads_pages.rs"]
mod reads_pages;
#[path = "emulator/writes_applications.rs"]
mod writes_applications;
#[path = "emulator/writes_assignments.rs"]
mod writes_assignments;
#[path = "emulator/writes_deletion.rs"]
mod writes_deletion;
#[path = "emulator/writes_federated.rs"]
mod writes_federated;
#[path = "emulator/writes_groups.rs"]
mod writes_groups;
#[path = "emulator/writes_permissions.rs"]
mod writes_permissions;
#[path = "emulator/writes_planted.rs"]
mod writes_planted;
#[path = "emulator/writes_policies.rs"]
mod writes_policies;
#[path = "emulator/writes_roles.rs"]
mod writes_roles;
#[path = "emulator/writes_schedules.rs"]
mod writes_schedules;
#[path = "emulator/writes_service_principals.rs"]
mod writes_service_principals;
#[path = "emulator/writes_uris.rs"]
mod writes_uris;
