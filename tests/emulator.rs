//! The tenant in memory against what Microsoft documents: one case per behaviour, with the page named.

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
#[path = "emulator/reads_models.rs"]
mod reads_models;
#[path = "emulator/reads_pages.rs"]
mod reads_pages;
