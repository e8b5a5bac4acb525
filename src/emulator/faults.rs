//! Stand-in until the read side is there: nothing goes wrong.

use crate::graph::{Request, Response};

use super::tenant::{Lost, Tenant};

/// What happens to a request instead of, or besides, being answered.
pub(super) enum Interference {
    /// This answer comes and nothing happens.
    Instead(Response),
    /// A message is lost: with [`Lost::Answer`] the request has its effect.
    Lost(Lost),
}

pub(super) fn before(_tenant: &mut Tenant, _request: &Request) -> Option<Interference> {
    None
}
