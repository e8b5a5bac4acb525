//! A run that stops anywhere is finished by the next one.

use std::time::Duration;

use idac::execute::{Entry, Execution, Journal, JournalError, Outcome, execute, go_on};
use idac::graph::Method;
use idac::graph::patience::Patience;

use super::plans::{before, company};
use super::tenant::{Fault, Tenant, error};
use super::{essence, run};

/// A journal that takes so many entries and then fails, as a full disk does.
struct Short {
    entries: Vec<Entry>,
    room: usize,
}

impl Journal for Short {
    fn entries(&self) -> Vec<Entry> {
        self.entries.clone()
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        if self.entries.len() == self.room {
            return Err(JournalError {
                why: "the disk is full".to_owned(),
            });
        }
        self.entries.push(entry);
        Ok(())
    }
}

/// Where the tenant ends when nothing is interrupted: applied, or as it was.
async fn undisturbed(refused: Option<&'static str>) -> (Execution, String, usize) {
    let tenant = Tenant::new(before()).scripted(refusing(refused));
    let mut journal = Vec::new();
    let execution = run(&company(), &tenant, &mut journal).await;
    (execution, essence(&tenant.store()), journal.len())
}

fn refusing(
    part: Option<&'static str>,
) -> impl FnMut(&idac::graph::Request, usize) -> Option<Fault> + Send {
    move |request, nth| {
        let part = part?;
        (request.method != Method::Get
            && format!("{} {}", request.method.as_str(), request.url).contains(part)
            && nth == 0)
            .then(|| {
                Fault::Answer(error(
                    403,
                    "Authorization_RequestDenied",
                    "Insufficient privileges to complete the operation.",
                ))
            })
    }
}

const REFUSED: [Option<&str>; 8] = [
    None,
    Some("uniqueName='shop'"),
    Some("servicePrincipals(appId="),
    Some("PATCH /applications/applications-shop"),
    Some("federatedIdentityCredentials"),
    Some("appRoleAssignedTo"),
    Some("PATCH /applications/kept"),
    Some("DELETE /applications/old"),
];

#[tokio::test(start_paused = true)]
async fn a_run_resumed_from_every_prefix_of_its_journal_ends_the_same() {
    let mut resumed = 0;
    for refused in REFUSED {
        let (whole, end, length) = undisturbed(refused).await;
        if refused.is_some() {
            assert_eq!(
                (whole.outcome, &end),
                (Outcome::RolledBack, &essence(&before())),
                "{refused:?}"
            );
        }
        for room in 0..length {
            let tenant = Tenant::new(before()).scripted(refusing(refused));
            let mut journal = Short {
                entries: Vec::new(),
                room,
            };
            let stopped = execute(
                &company(),
                &tenant,
                &mut journal,
                &Patience::for_tenant(),
                &go_on,
            )
            .await;
            assert!(stopped.is_err(), "the journal is full");
            let again = run(&company(), &tenant, &mut journal.entries).await;
            if refused.is_none() {
                assert_eq!(
                    (again.outcome, essence(&tenant.store())),
                    (Outcome::Applied, end.clone()),
                    "{room}"
                );
            } else {
                // A step that was refused and not recorded is tried again, and may be accepted then.
                let ends = match again.outcome {
                    Outcome::Applied => undisturbed(None).await.1,
                    Outcome::RolledBack | Outcome::Stranded => end.clone(),
                };
                assert_ne!(
                    again.outcome,
                    Outcome::Stranded,
                    "{refused:?} {room}: {again:?}"
                );
                assert_eq!(essence(&tenant.store()), ends, "{refused:?} {room}");
            }
            resumed += 1;
        }
    }
    assert!(resumed > 200, "{resumed}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_at_any_request_ends_the_same_when_resumed() {
    for refused in REFUSED {
        let (whole, end, _) = undisturbed(refused).await;
        for landed in [true, false] {
            for dies_at in 0..whole.requests as usize {
                let mut refuse = refusing(refused);
                let mut count = 0;
                let tenant = Tenant::new(before()).scripted(move |request, nth| {
                    count += 1;
                    if count == dies_at + 1 {
                        return Some(Fault::Die { landed });
                    }
                    refuse(request, nth)
                });
                let mut journal = Vec::new();
                let (plan, patience) = (company(), Patience::for_tenant());
                let death = tokio::time::timeout(
                    Duration::from_secs(100_000),
                    execute(&plan, &tenant, &mut journal, &patience, &go_on),
                );
                assert!(death.await.is_err(), "it dies");
                tenant.heal();
                let again = run(&company(), &tenant, &mut journal).await;
                let ends = match again.outcome {
                    Outcome::Applied if refused.is_some() => undisturbed(None).await.1,
                    Outcome::Applied | Outcome::RolledBack | Outcome::Stranded => end.clone(),
                };
                assert_ne!(
                    again.outcome,
                    Outcome::Stranded,
                    "{refused:?} {dies_at} {landed}: {again:?}"
                );
                assert_eq!(
                    essence(&tenant.store()),
                    ends,
                    "{refused:?} {dies_at} {landed}"
                );
            }
        }
    }
}
