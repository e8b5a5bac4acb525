//! Where an environment's state lies: `.idac/<environment>` below the current folder.

use std::path::{Path, PathBuf};

use super::problem::Problem;
use crate::address::Name;
use crate::plan::Applied;

/// The folder of an environment.
pub(super) fn folder(environment: &Name) -> PathBuf {
    Path::new(".idac").join(environment.as_str())
}

/// What was applied last.
pub(super) fn applied(_folder: &Path) -> Result<Applied, Problem> {
    Ok(Applied::new())
}
