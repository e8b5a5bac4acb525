//! Takes `Request`s, gives for each a `Response` or a `Refusal`; never knows a kind, a plan or an address.
//!
//! This room is Microsoft Graph as idac sees it: the trait [`Graph`], what goes over the wire, and Graph's
//! plain facts (permissions, directory roles, well-known applications). Whether the tenant behind the trait
//! is Microsoft's or the one in `emulator` is not visible from here.

pub mod facts;
pub mod patience;
pub mod read;
mod wire;

pub use wire::{Method, Refusal, RefusalKind, Request, Response};

use std::future::Future;

/// A tenant that can be asked. The only way in which idac speaks to any tenant.
pub trait Graph: Sync {
    /// Sends the requests, which do not depend on one another, and answers each in its place.
    ///
    /// The answer has as many entries as `batch` and in the same order. An implementation may send them
    /// together (`$batch`) or one by one; it never sends one twice.
    fn exchange(
        &self,
        batch: &[Request],
    ) -> impl Future<Output = Vec<Result<Response, Refusal>>> + Send;
}

/// Where a request that is relative is understood to start. Links that a tenant returns are absolute.
pub const VERSION_ROOT: &str = "https://graph.microsoft.com/v1.0";
