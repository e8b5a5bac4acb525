//! The embedded tenant of an environment: an emulator whose every change is on the disk before it is answered.

use std::path::Path;
use std::time::Duration;

use tokio::sync::Mutex;

use super::clock;
use crate::emulator::store::{self, Store, StoreError};
use crate::emulator::{Emulator, Founding, Hardship, Lag, Tenant};
use crate::graph::patience::{Budget, Patience};
use crate::graph::{Graph, Refusal, Request, Response};

/// A log of more bytes than this is folded into the snapshot when the tenant is opened.
const LOG_BYTES_MAX: u64 = 4 << 20;

/// A tenant in a folder.
#[derive(Debug)]
pub(super) struct Embedded {
    emulator: Emulator,
    disk: Mutex<Disk>,
}

#[derive(Debug)]
struct Disk {
    store: Store,
    /// Why the disk no longer has what the memory has. Nothing more is answered then.
    broken: Option<String>,
}

/// Whether the tenant was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Founded,
    Known,
}

impl Embedded {
    /// Whether the folder holds a tenant, or what is left of one.
    pub(super) fn is_founded(folder: &Path) -> bool {
        store::is_founded(folder)
    }

    /// Opens the tenant in the folder; the first time, founds one.
    pub(super) fn open(folder: &Path) -> Result<(Embedded, Age), StoreError> {
        let (mut store, mut tenant, age) = if store::is_founded(folder) {
            let (store, tenant) = Store::open(folder)?;
            (store, tenant, Age::Known)
        } else {
            let mut tenant = founded();
            (Store::create(folder, &mut tenant)?, tenant, Age::Founded)
        };
        if store.log_bytes()? > LOG_BYTES_MAX {
            store.compact(&mut tenant)?;
        }
        let embedded = Embedded {
            emulator: Emulator::new(tenant),
            disk: Mutex::new(Disk {
                store,
                broken: None,
            }),
        };
        Ok((embedded, age))
    }

    /// How long this tenant is waited for. Its only replica lags when it is told to, and then like Microsoft's.
    pub(super) fn patience(&self) -> Patience {
        let Hardship {
            create_lag,
            update_lag,
            mirror_lag,
            ..
        } = self.hardship();
        let usual = Patience::for_tenant();
        match [create_lag, update_lag, mirror_lag]
            .iter()
            .all(Lag::is_none)
        {
            false => usual,
            true => Patience {
                lag: Budget {
                    attempts: 3,
                    total_ms: 1_000,
                    first_ms: 50,
                    most_ms: 500,
                },
                ..usual
            },
        }
    }

    /// The faults that the tenant shows.
    pub(super) fn hardship(&self) -> Hardship {
        self.emulator
            .with_tenant(|tenant| tenant.hardship().clone())
    }

    /// Starts or stops faults, for as long as the tenant lives.
    pub(super) async fn set_hardship(&self, hardship: Hardship) -> Result<(), StoreError> {
        let mut disk = self.disk.lock().await;
        let changes = self.emulator.with_tenant(|tenant| {
            tenant.set_hardship(hardship);
            tenant.take_changes()
        });
        disk.store.append(&changes)
    }

    /// Replaces the tenant in the folder, whatever is there.
    pub(super) fn reset(folder: &Path) -> Result<Store, StoreError> {
        Store::reset(folder, &mut founded())
    }
}

fn founded() -> Tenant {
    Tenant::new(&Founding {
        now_ms: clock::now_ms(),
        ..Founding::sample()
    })
}

impl Graph for Embedded {
    /// A tenant whose requests take their time answers them one after another, each on the disk before the next.
    async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        // A tenant in memory never makes anybody wait: here an interruption is heard.
        tokio::task::yield_now().await;
        let latency_ms = self
            .emulator
            .with_tenant(|tenant| tenant.hardship().latency_ms);
        if latency_ms == 0 {
            return self.answer(batch).await;
        }
        let mut answers = Vec::with_capacity(batch.len());
        for request in batch {
            tokio::time::sleep(Duration::from_millis(latency_ms)).await;
            answers.extend(self.answer(std::slice::from_ref(request)).await);
        }
        answers
    }
}

impl Embedded {
    /// Answers together, once everything that changed is on the disk.
    async fn answer(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        let mut disk = self.disk.lock().await;
        let lost = |why: &str| {
            batch
                .iter()
                .map(|_| {
                    Err(Refusal::unanswered(&format!(
                        "the tenant's state cannot be written: {why}"
                    )))
                })
                .collect()
        };
        if let Some(why) = &disk.broken {
            return lost(why);
        }
        // The tenant's clock follows ours and never goes back.
        self.emulator.with_tenant(|tenant| {
            tenant.set_time(tenant.time_ms().max(clock::now_ms()));
        });
        let answers = self.emulator.exchange(batch).await;
        for (request, answer) in batch.iter().zip(&answers) {
            match answer {
                Ok(response) => tracing::debug!(
                    method = request.method.as_str(),
                    url = request.url,
                    status = response.status
                ),
                Err(refusal) => tracing::debug!(
                    method = request.method.as_str(),
                    url = request.url,
                    %refusal
                ),
            }
        }
        let changes = self.emulator.with_tenant(Tenant::take_changes);
        if let Err(error) = disk.store.append(&changes) {
            let why = error.to_string();
            disk.broken = Some(why.clone());
            return lost(&why);
        }
        answers
    }
}
