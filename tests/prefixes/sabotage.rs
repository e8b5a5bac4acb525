//! The promise, broken on purpose: executors that decide wrongly in one point each.
//!
//! `execute` itself stays as it is. Between it and the tenant, or it and its journal, stands somebody who makes of its
//! right decision the wrong one: an inverse that is reported as done and not sent is an inverse that is skipped, an
//! intent that is reported as written and is not is one that was not written before sending.

use std::collections::BTreeSet;
use std::sync::Mutex;

use idac::execute::{Entry, Event, Journal, JournalError, execute, go_on};
use idac::graph::patience::Patience;
use idac::graph::{Graph, Method, Refusal, Request, Response};
use idac::plan::{Action, Plan, StepId};
use serde_json::{Value as Json, json};

use super::crash::{Diary, Line, Point, Switch};
use super::site::{Ended, Site};

/// One wrong decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sabotage {
    /// One step is not taken back, and counts as taken back.
    SkipAnInverse,
    /// What took effect first is taken back first.
    ReverseTheOrder,
    /// The service principal is restored before its application.
    RestoreThePrincipalFirst,
    /// "You may not look" is read as "it is not there".
    TakeRefusalForAbsence,
    /// A write without an answer is sent again without a look.
    SendAgainBlindly,
    /// No intent is written before a request is sent.
    ForgetTheIntent,
    /// The journal is not made durable: a crash loses its end.
    ForgetToSync,
    /// What somebody else changed is overwritten.
    OverwriteOthers,
    /// App roles and permission scopes are changed back while they are switched on.
    ForgetToDisable,
    /// What is not readable right after it was created counts as never created.
    TakeLagForAbsence,
}

impl Sabotage {
    pub(super) const ALL: [Sabotage; 10] = [
        Sabotage::SkipAnInverse,
        Sabotage::ReverseTheOrder,
        Sabotage::RestoreThePrincipalFirst,
        Sabotage::TakeRefusalForAbsence,
        Sabotage::SendAgainBlindly,
        Sabotage::ForgetTheIntent,
        Sabotage::ForgetToSync,
        Sabotage::OverwriteOthers,
        Sabotage::ForgetToDisable,
        Sabotage::TakeLagForAbsence,
    ];
}

/// What befalls a run besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weather {
    Fair,
    /// Every write lands, and the first answer to each is lost.
    AnswersAreLost,
    /// No app role assignment can be read by its id.
    AssignmentsAreHidden,
}

/// Carries the plan out on the site like [`Site::execute`], with one decision wrong.
pub(super) async fn execute_wrongly(
    site: &Site<'_>,
    sabotage: Option<Sabotage>,
    weather: Weather,
    point: Option<Point>,
) -> Ended {
    let switch = Switch::new(point);
    let (line, diary) = site.means(&switch);
    let plan = match sabotage {
        Some(sabotage) if line.refusing.is_back() => reordered(&site.world.plan, sabotage),
        Some(_) | None => site.world.plan.clone(),
    };
    let graph = Saboteur {
        line,
        sabotage,
        weather,
        skipped: Mutex::new(false),
        met: Mutex::new(BTreeSet::new()),
    };
    let mut journal = Forger {
        diary,
        plan: &plan,
        sabotage,
    };
    let patience = Patience::for_tenant();
    tokio::select! {
        biased;
        () = switch.death.notified() => Ended::Crashed,
        ended = execute(&plan, &graph, &mut journal, &patience, &go_on) => match ended {
            Ok(execution) => Ended::With(Box::new(execution)),
            Err(_) => Ended::Crashed,
        },
    }
}

/// The plan as somebody would read it who takes it back in another order.
fn reordered(plan: &Plan, sabotage: Sabotage) -> Plan {
    let mut wrong = plan.clone();
    if sabotage == Sabotage::ReverseTheOrder {
        for step in &mut wrong.steps {
            step.after.clear();
            step.lane = None;
        }
        for step in &plan.steps {
            for before in &step.after {
                let at = before.0 as usize - 1;
                wrong.steps[at].after.insert(step.id);
            }
        }
    }
    if sabotage == Sabotage::RestoreThePrincipalFirst {
        let place = |entity: &str| {
            let mut steps = plan.steps.iter();
            let is_it = |step: &&idac::plan::Step| {
                step.entity == entity && matches!(step.action, Action::Delete { .. })
            };
            steps
                .find(is_it)
                .map(|step| step.id)
                .expect("one is deleted")
        };
        let (principal, application) = (place("servicePrincipal"), place("application"));
        wrong.steps[application.0 as usize - 1].after.clear();
        wrong.steps[principal.0 as usize - 1]
            .after
            .insert(application);
    }
    wrong
}

/// Stands between the executor and the tenant.
struct Saboteur<'a> {
    line: Line<'a>,
    sabotage: Option<Sabotage>,
    weather: Weather,
    skipped: Mutex<bool>,
    /// Writes of which an answer was lost.
    met: Mutex<BTreeSet<String>>,
}

impl Graph for Saboteur<'_> {
    async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        let mut answers = Vec::new();
        // What is answered here never reaches the tenant.
        let mut passed = Vec::new();
        for request in batch {
            let made_up = self.make_up(request);
            passed.extend(made_up.is_none().then(|| request.clone()));
            answers.push(made_up);
        }
        let mut arrived = self.line.exchange(&passed).await.into_iter();
        let mut all = Vec::new();
        for (request, made_up) in batch.iter().zip(answers) {
            let answer = match made_up {
                Some(answer) => answer,
                None => arrived.next().expect("one answer a request"),
            };
            all.push(self.bend(request, answer).await);
        }
        all
    }
}

impl Saboteur<'_> {
    fn is(&self, sabotage: Sabotage) -> bool {
        self.sabotage == Some(sabotage)
    }

    fn make_up(&self, request: &Request) -> Option<Result<Response, Refusal>> {
        let is_read = request.method == Method::Get;
        let is_hidden = self.weather == Weather::AssignmentsAreHidden
            && request.url.contains("/appRoleAssignedTo/");
        if is_read && is_hidden {
            return Some(Err(denied(403)));
        }
        if !self.line.refusing.is_back() {
            return None;
        }
        if is_read
            && self.is(Sabotage::OverwriteOthers)
            && request.url.ends_with("?$select=displayName")
        {
            let mut seen = Response::new(200);
            seen.body = Some(json!({ "displayName": "All Staff" }));
            return Some(Ok(seen));
        }
        if is_read {
            return None;
        }
        let mut skipped = self.skipped.lock().expect("nobody panics");
        if self.is(Sabotage::SkipAnInverse) && !*skipped {
            *skipped = true;
            return Some(Ok(Response::new(204)));
        }
        let disables = || request.body.as_ref().is_some_and(switches_off);
        (self.is(Sabotage::ForgetToDisable) && disables()).then(|| Ok(Response::new(204)))
    }

    async fn bend(
        &self,
        request: &Request,
        answer: Result<Response, Refusal>,
    ) -> Result<Response, Refusal> {
        if request.method == Method::Get {
            return match answer {
                Err(refusal)
                    if refusal.status == Some(403) && self.is(Sabotage::TakeRefusalForAbsence) =>
                {
                    Err(denied(404))
                }
                other => other,
            };
        }
        let is_lost = self.weather == Weather::AnswersAreLost
            && !self.line.refusing.is_back()
            && answer.is_ok()
            && self
                .met
                .lock()
                .expect("nobody panics")
                .insert(format!("{request:?}"));
        match (is_lost, request.method) {
            (false, _) => answer,
            (true, Method::Post) if self.is(Sabotage::SendAgainBlindly) => {
                let mut again = self.line.exchange(std::slice::from_ref(request)).await;
                again.remove(0)
            }
            (true, _) => Err(Refusal::unanswered("the connection was reset")),
        }
    }
}

/// Whether any app role or permission scope in the body is switched off.
fn switches_off(body: &Json) -> bool {
    match body {
        Json::Object(members) => {
            members.get("isEnabled") == Some(&json!(false)) || members.values().any(switches_off)
        }
        Json::Array(items) => items.iter().any(switches_off),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

fn denied(status: u16) -> Refusal {
    let mut response = Response::new(status);
    response.body = Some(json!({ "error": {
        "code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."
    } }));
    Refusal::from_response(&response)
}

/// Stands between the executor and its journal.
struct Forger<'a> {
    diary: Diary<'a>,
    plan: &'a Plan,
    sabotage: Option<Sabotage>,
}

impl Forger<'_> {
    fn creates(&self, step: StepId) -> bool {
        matches!(
            self.plan.step(step).action,
            Action::Create { revive: None, .. }
        )
    }
}

impl Journal for Forger<'_> {
    fn entries(&self) -> Vec<Entry> {
        self.diary.entries()
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        let Entry { step, event } = entry;
        let event = match (event, self.sabotage) {
            (Event::Intended, Some(Sabotage::ForgetTheIntent)) => return Ok(()),
            // It believed that it had not created it, so what it found is somebody else's.
            (Event::Done { created, learned }, Some(Sabotage::TakeLagForAbsence))
                if self.creates(step) =>
            {
                Event::Found {
                    id: created,
                    learned,
                }
            }
            (event, _) => event,
        };
        self.diary.record(Entry { step, event })
    }
}
