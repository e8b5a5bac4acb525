//! Stand-in.
use super::problem::Problem;
use super::query::Query;
use super::record::DeltaSet;
use super::tenant::Tenant;
use crate::graph::{Request, Response};
pub(super) fn answer(
    _t: &Tenant,
    _s: DeltaSet,
    _q: &Query,
    _r: &Request,
) -> Result<Response, Problem> {
    Ok(Response::new(501))
}
