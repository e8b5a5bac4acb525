//! idac keeps a Microsoft Entra ID tenant equal to what a Git repository declares.
//!
//! ```text
//! YAML ─declare→ Declaration ─resolve(environment)→ Desired ─┐
//!                                                            ├─plan→ Plan ─guard→ Findings ─dry_run→ DryRun ⇒ Clearance ─apply→ Receipt
//! Graph ─observe→ Snapshot ──────────────────────────────────┘
//! ```
//!
//! A folder is a verb, its product is a noun, and the subcommand has the same name: `idac plan` is
//! `src/cli/plan.rs` calling `src/plan/`, which returns a `Plan`, shown by `src/report/`.

// The words that every room speaks.
pub mod address;
pub mod object;
pub mod finding;
pub mod digest;

// The nouns.
pub mod kind;

// The rooms, in walking order.
pub mod declare;
pub mod resolve;
pub mod observe;
pub mod plan;
pub mod privilege;
pub mod guard;
pub mod execute;
pub mod dry_run;
pub mod apply;
pub mod ledger;

// The tenant, real and in memory.
pub mod graph;
pub mod emulator;

// The edge.
pub mod report;
pub mod cli;
