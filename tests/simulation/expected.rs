//! What a declaration says of a tenant, read by other eyes than idac's.
use super::root::Root;
use super::witness::Facts;
use idac::plan::Applied;
pub(crate) fn missing(
    _root: &Root,
    _applied: &Applied,
    _before: &Facts,
    _after: &Facts,
) -> Vec<String> {
    Vec::new()
}
