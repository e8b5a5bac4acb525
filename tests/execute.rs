//! The executor against a tenant in which the test decides what goes wrong.

#[path = "execute/emulated.rs"]
mod emulated;
#[path = "execute/plans.rs"]
mod plans;
#[path = "execute/resuming.rs"]
mod resuming;
#[path = "execute/tenant.rs"]
mod tenant;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use idac::execute::{
    Decision, Entry, Event, Execution, Outcome, Trouble, Wish, decide, execute, go_on,
};
use idac::graph::Method;
use idac::graph::patience::Patience;
use idac::object::Value;
use idac::plan::{Action, Plan, StepId};
use plans::{
    Told, address, before, company, create_group, existing, link, plan, properties, step, update,
};
use serde_json::json;
use tenant::{Fault, Store, Tenant, error};

async fn run(plan: &Plan, tenant: &Tenant, journal: &mut Vec<Entry>) -> Execution {
    execute(plan, tenant, journal, &Patience::for_tenant(), &go_on)
        .await
        .expect("a journal in memory takes every entry")
}

/// What a tenant holds, without the recycle bin.
fn essence(store: &Store) -> String {
    let objects = store
        .objects
        .iter()
        .map(|(url, it)| format!("{url} {it}\n"));
    let linked = store.links.iter().filter(|(_, ids)| !ids.is_empty());
    objects
        .chain(linked.map(|(url, ids)| format!("{url} {ids:?}\n")))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_does_not_wait_leaves_together_and_what_waits_leaves_after() {
    let tenant = Tenant::new(before());
    let execution = run(&company(), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::Applied);
    assert_eq!(
        tenant.writes(),
        [
            "PATCH /applications(uniqueName='shop') + PATCH /groups(uniqueName='crew') + DELETE /groups/staff/members/ana/$ref + PATCH /applications/kept + DELETE /oauth2PermissionGrants/oauth2PermissionGrants-api",
            // The two that were created are read back meanwhile.
            "DELETE /applications/old + PATCH /applications/kept",
            "PATCH /servicePrincipals(appId='app-shop') + PATCH /applications/applications-shop + POST /servicePrincipals/api/appRoleAssignedTo",
            "PATCH /applications/applications-shop/federatedIdentityCredentials(name='ci')",
            "POST /groups/staff/members/$ref",
        ]
    );
    let store = tenant.store();
    assert_eq!(
        store.objects["/applications/applications-shop"]["identifierUris"],
        json!(["app-shop"])
    );
    assert_eq!(store.objects["/applications/kept"]["notes"], "at last");
    assert!(store.bin.contains_key("old"));
    assert_eq!(
        execution.created[&address("application/shop")].as_str(),
        "applications-shop"
    );
}

#[tokio::test(start_paused = true)]
async fn steps_of_one_lane_are_never_in_flight_together() {
    let steps = (1..=5)
        .map(|id| link(id, existing("staff"), existing(&format!("m{id}"))).lane(existing("staff")));
    let tenant = Tenant::new(before());
    let execution = run(&plan(steps.collect()), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::Applied);
    assert_eq!(tenant.writes(), vec!["POST /groups/staff/members/$ref"; 5]);
    assert_eq!(tenant.store().links["/groups/staff/members"].len(), 6);
}

#[tokio::test(start_paused = true)]
async fn many_independent_steps_leave_in_few_exchanges() {
    let tenant = Tenant::new(Store::default());
    let steps = (1..=1000).map(|id| create_group(id, &format!("g{id}")));
    let execution = run(&plan(steps.collect()), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::Applied);
    assert_eq!(execution.requests, 2000, "each is created and read back");
    assert_eq!(tenant.exchanges(), 2 * 1000_usize.div_ceil(160));
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_answer_is_lost_is_looked_for_and_not_sent_again() {
    let tenant = Tenant::new(before()).scripted(|request, nth| {
        (request.method != Method::Get && nth == 0).then_some(Fault::LoseAnswer)
    });
    let execution = run(&company(), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::Applied);
    let whole = Tenant::new(before());
    run(&company(), &whole, &mut Vec::new()).await;
    assert_eq!(essence(&tenant.store()), essence(&whole.store()));
    let mut sent: Vec<String> = tenant
        .writes()
        .iter()
        .flat_map(|line| line.split(" + ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let all = sent.len();
    sent.sort();
    sent.dedup();
    // Two steps write to the same URLs: the links, and both updates of one application.
    assert_eq!(all, 12, "no write was sent twice: {sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_never_arrives_is_sent_again_after_a_look() {
    let tenant = Tenant::new(before()).scripted(|request, nth| {
        (request.method != Method::Get && nth == 0).then_some(Fault::LoseRequest)
    });
    let execution = run(&company(), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::Applied);
    let whole = Tenant::new(before());
    run(&company(), &whole, &mut Vec::new()).await;
    assert_eq!(essence(&tenant.store()), essence(&whole.store()));
}

#[tokio::test(start_paused = true)]
async fn nothing_leaves_while_graph_asks_to_wait() {
    let tenant = Tenant::new(Store::default()).scripted(|request, nth| {
        let mut busy = error(429, "TooManyRequests", "Too many requests.");
        busy.headers
            .insert("retry-after".to_owned(), "17".to_owned());
        (request.url.contains("'a'") && nth == 0).then_some(Fault::Answer(busy))
    });
    let begun = tokio::time::Instant::now();
    let execution = run(
        &plan(vec![create_group(1, "a"), create_group(2, "b").after(&[1])]),
        &tenant,
        &mut Vec::new(),
    )
    .await;
    assert_eq!(execution.outcome, Outcome::Applied);
    let waited = begun.elapsed();
    assert!(
        waited >= Duration::from_secs(17) && waited < Duration::from_secs(20),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_throttled_request_holds_everybody() {
    let begun = tokio::time::Instant::now();
    let early = std::sync::Arc::new(AtomicBool::new(false));
    let seen_early = early.clone();
    let tenant = Tenant::new(Store::default()).scripted(move |request, nth| {
        let is_throttled = request.url.contains("'a'") && nth == 0;
        if begun.elapsed() < Duration::from_secs(30) && begun.elapsed() > Duration::ZERO {
            seen_early.store(true, Ordering::Relaxed);
        }
        let mut busy = error(429, "TooManyRequests", "Too many requests.");
        busy.headers
            .insert("retry-after".to_owned(), "30".to_owned());
        is_throttled.then_some(Fault::Answer(busy))
    });
    let execution = run(
        &plan(vec![create_group(1, "a"), create_group(2, "b")]),
        &tenant,
        &mut Vec::new(),
    )
    .await;
    assert_eq!(execution.outcome, Outcome::Applied);
    assert!(
        !early.load(Ordering::Relaxed),
        "the other group's read back waits as well"
    );
}

#[tokio::test(start_paused = true)]
async fn a_throttle_without_end_is_told_with_what_was_tried() {
    let tenant = Tenant::new(Store::default()).scripted(|_, _| {
        Some(Fault::Answer(error(
            429,
            "TooManyRequests",
            "Too many requests.",
        )))
    });
    let execution = run(&plan(vec![create_group(1, "a")]), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::RolledBack);
    let (_, trouble) = execution.refused.expect("it is refused");
    assert!(
        trouble.message.starts_with("Too many requests. (asked ")
            && trouble.message.ends_with(" s)"),
        "{}",
        trouble.message
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_yet_is_waited_for_only_after_something_was_written() {
    let lag = |request: &idac::graph::Request, nth: usize| {
        (request.method == Method::Post && nth < 4).then(|| {
            Fault::Answer(error(
                400,
                "Request_BadRequest",
                "Permission being assigned was not found on application 'api'",
            ))
        })
    };
    let assign = |step: idac::plan::Step| plan(vec![create_group(1, "crew"), step]);
    let assignment = || {
        step(
            2,
            "appRoleAssignment",
            "servicePrincipal/api/crew",
            Action::Create {
                properties: properties(&[
                    ("appRoleId", Value::text("r")),
                    ("principalId", Value::text("p")),
                    ("resourceId", Value::text("api")),
                ]),
                revive: None,
            },
        )
        .below(existing("api"))
    };
    let tenant = Tenant::new(before()).scripted(lag);
    let execution = run(&assign(assignment().after(&[1])), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::Applied);
    let tenant = Tenant::new(before()).scripted(lag);
    let execution = run(&assign(assignment()), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::RolledBack);
}

#[tokio::test]
async fn a_copy_in_memory_is_not_waited_for() {
    let tenant = Tenant::new(before()).scripted(|request, _| {
        (request.method == Method::Post && request.url.contains("appRoleAssignedTo")).then(|| {
            Fault::Answer(error(
                400,
                "Request_BadRequest",
                "Permission being assigned was not found on application 'api'",
            ))
        })
    });
    // Time is real here: waiting would be seen in how long the test takes, and in the count.
    let execution = execute(
        &company(),
        &tenant,
        &mut Vec::new(),
        &Patience::for_copy(),
        &go_on,
    )
    .await
    .expect("a journal in memory takes every entry");
    assert_eq!(execution.outcome, Outcome::RolledBack);
    assert_eq!(essence(&tenant.store()), essence(&before()));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_takes_back_what_took_effect_the_latest_first() {
    let tenant = Tenant::new(before()).scripted(|request, _| {
        (request.url == "/groups/staff/members/$ref"
            && request
                .body
                .as_ref()
                .is_some_and(|body| !body["@odata.id"].as_str().unwrap_or("").ends_with("/ana")))
        .then(|| {
            Fault::Answer(error(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ))
        })
    });
    let execution = run(&company(), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::RolledBack);
    let (refused, trouble) = execution.refused.expect("a step is refused");
    assert_eq!(
        (refused, trouble.code.as_str()),
        (StepId(7), "Authorization_RequestDenied")
    );
    assert_eq!(essence(&tenant.store()), essence(&before()));
    let writes = tenant.writes().join(" | ");
    let at = |text: &str| {
        writes
            .rfind(text)
            .unwrap_or_else(|| panic!("{text} is not in {writes}"))
    };
    assert!(
        at("DELETE /applications/applications-shop/federatedIdentityCredentials/")
            < at("DELETE /applications/applications-shop")
    );
    assert!(
        at("DELETE /servicePrincipals/api/appRoleAssignedTo/") < at("DELETE /groups/groups-crew")
    );
    assert!(at("POST /directory/deletedItems/old/restore") < at("PATCH /applications/kept"));
    assert!(
        !writes.contains(
            "PATCH /applications/applications-shop | PATCH /applications/applications-shop"
        ),
        "what was done to a new object goes with it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_is_refused_strands_and_the_others_go_on() {
    let tenant = Tenant::new(before()).scripted(|request, nth| {
        let denied = || {
            Fault::Answer(error(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ))
        };
        (request.method == Method::Delete && request.url.starts_with("/groups/groups-crew")
            || request.url == "/servicePrincipals(appId='app-shop')" && nth == 0)
            .then(denied)
    });
    let execution = run(&company(), &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::Stranded);
    let stranded: Vec<_> = execution
        .stranded
        .iter()
        .map(|it| (it.subject.as_str(), it.trouble.code.as_str()))
        .collect();
    assert_eq!(stranded, [("group/crew", "Authorization_RequestDenied")]);
    let mut left = tenant.store();
    left.objects
        .retain(|url, _| !url.starts_with("/groups/groups-crew"));
    assert_eq!(essence(&left), essence(&before()));
}

#[tokio::test(start_paused = true)]
async fn what_was_stranded_goes_back_in_order_once_the_refusals_are_lifted() {
    let denied = || {
        Fault::Answer(error(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        ))
    };
    let tenant = Tenant::new(before()).scripted(move |request, nth| {
        let is_kept = request.url == "/applications/kept" && nth > 1;
        (request.url.contains("federated") || is_kept && request.method == Method::Patch)
            .then(denied)
    });
    let mut journal = Vec::new();
    let execution = run(&company(), &tenant, &mut journal).await;
    assert_eq!(execution.outcome, Outcome::Stranded);
    // The other update of this application would overwrite what is stranded, and sees that.
    let stranded: Vec<_> = execution
        .stranded
        .iter()
        .map(|it| (it.step.0, it.trouble.code.as_str()))
        .collect();
    assert_eq!(
        stranded,
        [
            (9, "changed-by-somebody-else"),
            (12, "Authorization_RequestDenied")
        ]
    );
    tenant.heal();
    journal.retain(|entry| !matches!(entry.event, Event::NotUndone { .. }));
    let again = run(&company(), &tenant, &mut journal).await;
    assert_eq!(again.outcome, Outcome::RolledBack);
    assert_eq!(essence(&tenant.store()), essence(&before()));
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_changed_in_between_is_not_overwritten_on_the_way_back() {
    let tenant = std::sync::Arc::new(Tenant::new(before()));
    let behind = tenant.clone();
    let plan = plan(vec![
        update(
            1,
            "application",
            "application/kept",
            existing("kept"),
            properties(&[("notes", Value::text("before"))]),
            properties(&[("notes", Value::text("after"))]),
        ),
        create_group(2, "crew").after(&[1]),
    ]);
    let mut journal = Vec::new();
    let wish = || {
        if behind.store().objects.len() > before().objects.len() {
            behind.change(|store| {
                if store.objects["/applications/kept"]["notes"] == "after" {
                    store
                        .objects
                        .get_mut("/applications/kept")
                        .expect("it is there")["notes"] = json!("by hand");
                }
            });
            return Wish::WalkBack;
        }
        Wish::GoOn
    };
    // Step 3 never comes: the wish ends it when the group is there.
    let mut longer = plan;
    longer.steps.push(create_group(3, "late").after(&[2]));
    let execution = execute(
        &longer,
        &*tenant,
        &mut journal,
        &Patience::for_tenant(),
        &wish,
    )
    .await
    .expect("a journal in memory takes every entry");
    assert_eq!(execution.outcome, Outcome::Stranded);
    assert_eq!(execution.refused, None);
    let stranded: Vec<_> = execution
        .stranded
        .iter()
        .map(|it| (it.subject.as_str(), it.trouble.code.as_str()))
        .collect();
    assert_eq!(stranded, [("application/kept", "changed-by-somebody-else")]);
    assert_eq!(
        tenant.store().objects["/applications/kept"]["notes"],
        "by hand"
    );
    assert_eq!(
        tenant.store().objects.len(),
        before().objects.len(),
        "the group is gone"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_there_already_is_used_and_left_alone_on_the_way_back() {
    let mut store = before();
    store.put(
        "/groups/theirs",
        json!({ "uniqueName": "crew", "displayName": "crew" }),
    );
    store
        .links
        .entry("/groups/staff/members".to_owned())
        .or_default()
        .insert("m".to_owned());
    let tenant = Tenant::new(store.clone()).scripted(|request, _| {
        request
            .url
            .contains("'late'")
            .then(|| Fault::Answer(error(403, "Authorization_RequestDenied", "")))
    });
    let plan = plan(vec![
        create_group(1, "crew"),
        link(2, existing("staff"), existing("m")),
        create_group(3, "late").after(&[1, 2]),
    ]);
    let execution = run(&plan, &tenant, &mut Vec::new()).await;
    assert_eq!(execution.outcome, Outcome::RolledBack);
    assert_eq!(essence(&tenant.store()), essence(&store));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_to_look_is_not_an_absence() {
    let tenant = Tenant::new(before()).scripted(|request, nth| match request.method {
        Method::Get
            if request.url.contains("uniqueName='crew'") && request.url.contains("displayName") =>
        {
            Some(Fault::Answer(error(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            )))
        }
        Method::Patch if nth == 0 => Some(Fault::LoseAnswer),
        _ => None,
    });
    let execution = run(
        &plan(vec![create_group(1, "crew")]),
        &tenant,
        &mut Vec::new(),
    )
    .await;
    let (_, trouble) = execution.refused.expect("it is refused");
    assert!(trouble.is_unclear(), "{trouble:?}");
    assert_eq!(
        trouble.message,
        "whether it took effect is not known: 403 Authorization_RequestDenied: Insufficient privileges to complete the operation."
    );
    // The way back looks once more, finds what was made, and takes it away.
    assert_eq!(execution.outcome, Outcome::RolledBack);
    assert_eq!(essence(&tenant.store()), essence(&before()));
}

#[test]
fn the_journal_alone_decides_what_is_next() {
    let plan = plan(vec![
        create_group(1, "a").lane(existing("x")),
        create_group(2, "b").lane(existing("x")),
        create_group(3, "c").after(&[1]),
        create_group(4, "d"),
    ]);
    let mut journal = Vec::new();
    let mut next = |wish: Wish, more: &[(u32, Event)]| {
        journal.extend(more.iter().map(|(step, event)| Entry {
            step: StepId(*step),
            event: event.clone(),
        }));
        match decide(&plan, &journal, wish) {
            Decision::Verify(steps) => format!("verify {steps:?}"),
            Decision::Go(steps) => format!("go {steps:?}"),
            Decision::Undo(steps) => format!("undo {steps:?}"),
            Decision::Finished(outcome) => format!("{outcome:?}"),
        }
        .replace("StepId", "")
    };
    let done = Event::Done {
        created: None,
        learned: Default::default(),
    };
    let refused = Event::Refused {
        trouble: Trouble {
            status: Some(403),
            code: "no".to_owned(),
            message: String::new(),
            request_id: None,
        },
    };
    let (intended, undoing, undone) = (Event::Intended, Event::Undoing, Event::Undone);
    assert_eq!(next(Wish::GoOn, &[]), "go [(1), (4)]");
    assert_eq!(next(Wish::GoOn, &[(1, intended.clone())]), "verify [(1)]");
    assert_eq!(next(Wish::GoOn, &[(1, done.clone())]), "go [(2), (3), (4)]");
    assert_eq!(next(Wish::WalkBack, &[]), "undo [(1)]");
    let third = [
        (3, intended.clone()),
        (3, done),
        (2, intended),
        (2, refused),
    ];
    assert_eq!(next(Wish::GoOn, &third), "undo [(3)]");
    assert_eq!(next(Wish::GoOn, &[(3, undoing.clone())]), "verify [(3)]");
    assert_eq!(next(Wish::GoOn, &[(3, undone.clone())]), "undo [(1)]");
    assert_eq!(next(Wish::GoOn, &[(1, undoing), (1, undone)]), "RolledBack");
}

#[test]
fn steps_of_a_lane_go_back_in_the_order_in_which_they_were_sent_whenever_that_became_known() {
    let lane = || existing("x");
    let plan = plan(vec![
        create_group(1, "a").lane(lane()),
        create_group(2, "b").after(&[1]).lane(lane()),
    ]);
    let stopped = Trouble {
        status: None,
        code: "stopped".to_owned(),
        message: String::new(),
        request_id: None,
    };
    let done = Event::Done {
        created: None,
        learned: Default::default(),
    };
    let entry = |step, event| Entry {
        step: StepId(step),
        event,
    };
    let journal = [
        entry(1, Event::Intended),
        entry(2, Event::Intended),
        entry(2, done),
        entry(1, Event::Refused { trouble: stopped }),
    ];
    let next = decide(&plan, &journal, Wish::GoOn);
    assert_eq!(next, Decision::Undo(vec![StepId(2)]));
}

#[test]
fn the_future_can_be_sent_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let tenant = Tenant::new(Store::default());
    let (plan, mut journal, patience) = (company(), Vec::new(), Patience::for_copy());
    let future = execute(&plan, &tenant, &mut journal, &patience, &go_on);
    is_send(&future);
}
