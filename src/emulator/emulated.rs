//! The tenant behind the trait `Graph`.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::graph::{Graph, Refusal, Request, Response};

use super::tenant::{Lost, Tenant};

/// A tenant in memory that can be asked like Microsoft's.
#[derive(Debug)]
pub struct Emulator {
    tenant: Mutex<Tenant>,
}

impl Emulator {
    pub fn new(tenant: Tenant) -> Emulator {
        Emulator {
            tenant: Mutex::new(tenant),
        }
    }

    /// Looks at the tenant, or changes it behind Graph's back.
    pub fn with_tenant<T>(&self, look: impl FnOnce(&mut Tenant) -> T) -> T {
        look(&mut self.lock())
    }

    /// Gives the tenant back.
    pub fn into_tenant(self) -> Tenant {
        self.tenant
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Tenant> {
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer_all(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        let mut tenant = self.lock();
        let mut in_flight = BTreeSet::new();
        batch
            .iter()
            .map(|request| {
                let subject = tenant.written_application(request);
                if let Some(subject) = subject
                    && !in_flight.insert(subject)
                {
                    return tenant.answer_overlap(request).judge();
                }
                match tenant.respond(request) {
                    Ok(response) => response.judge(),
                    Err(Lost::Request) => Err(Refusal::unanswered("the connection was reset")),
                    Err(Lost::Answer) => Err(Refusal::unanswered("the answer did not arrive")),
                }
            })
            .collect()
    }
}

impl Graph for Emulator {
    async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        self.answer_all(batch)
    }
}
