//! All or nothing: one plan of all kinds and all five actions, broken off at every single moment, refused at every
//! single step, and found whole or undone each time.
//!
//! Every run is the real executor on an emulated tenant under a clock that never waits. A crash ends it: what was
//! sent may have landed or not, what was recorded stays, and the next run has the ledger, the tenant and perhaps the
//! journal. `state` then reads the tenant by itself, entry by entry.

#![expect(
    clippy::print_stdout,
    reason = "how much was tried is part of the proof"
)]

#[path = "prefixes/chain.rs"]
mod chain;
#[path = "prefixes/crash.rs"]
mod crash;
#[path = "prefixes/crew.rs"]
mod crew;
#[path = "prefixes/declarations.rs"]
mod declarations;
#[path = "prefixes/sabotage.rs"]
mod sabotage;
#[path = "prefixes/site.rs"]
mod site;
#[path = "prefixes/state.rs"]
mod state;
#[path = "prefixes/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crash::{Answer, Counts, DENIED, Landed, Point, Refusing};
use crew::{check, on_a_clock, try_each};
use idac::emulator::{Behaviour, DeletedServicePrincipalLinks, SecurityGroupDeletion};
use idac::execute::{Execution, Outcome};
use idac::graph::{Method, Request};
use sabotage::{Sabotage, Weather, execute_wrongly};
use site::{Disk, Ended, Site};
use world::World;

const DISKS: [Disk; 2] = [Disk::Survives, Disk::Vanishes];

/// What a whole run of the plan is made of, and that it is whole.
async fn undisturbed(world: &World) -> (Counts, Vec<Request>) {
    let mut site = Site::begun(world, Refusing::default());
    let (ended, counts) = site.execute(None).await;
    assert_eq!(site.check(&ended), Ok(Outcome::Applied));
    (counts, site.refusing.forward())
}

/// Every one with every other.
fn pairs<A: Copy, B: Copy>(one: &[A], other: &[B]) -> Vec<(A, B)> {
    let with_all = |a: &A| -> Vec<(A, B)> { other.iter().map(|b| (*a, *b)).collect() };
    one.iter().flat_map(with_all).collect()
}

#[test]
fn a_run_that_ends_at_any_moment_is_recovered_and_then_at_rest() {
    let world = on_a_clock(World::company);
    let (counts, _) = on_a_clock(async || undisturbed(&world).await);
    let points = counts.points();
    let endings: Mutex<Vec<Outcome>> = Mutex::default();
    let complaints = try_each(&pairs(&DISKS, &points), async |(disk, point)| {
        let told = |why: String| format!("{disk:?} {point:?}: {why}");
        let mut site = Site::begun(&world, Refusing::default());
        let (ended, _) = site.execute(Some(*point)).await;
        assert!(matches!(ended, Ended::Crashed), "{point:?}: {ended:?}");
        site.after_crash(*disk);
        let (ended, _) = site.recover(None).await;
        let outcome = site.check(&ended).map_err(told)?;
        endings.lock().expect("nobody panics").push(outcome);
        match site.is_at_rest().await {
            true => Ok(()),
            false => Err(told("it is not at rest".to_owned())),
        }
    });
    let endings = endings.into_inner().expect("nobody panics");
    let applied = endings.iter().filter(|it| **it == Outcome::Applied).count();
    println!(
        "{} steps, {} journal entries, {} requests: {} moments, each with the journal and without: {applied} applied, {} rolled back",
        world.plan.steps.len(),
        counts.entries,
        counts.requests,
        points.len(),
        endings.len() - applied
    );
    assert_eq!(
        applied,
        endings.len(),
        "nothing was refused, and nobody changed anything"
    );
    check(&complaints);
}

#[test]
fn a_recovery_that_ends_early_is_recovered_too() {
    let world = on_a_clock(World::company);
    let (counts, _) = on_a_clock(async || undisturbed(&world).await);
    let points: Vec<(usize, Point)> = counts.points().into_iter().enumerate().collect();
    let distinct: Mutex<BTreeSet<String>> = Mutex::default();
    let recoveries = AtomicUsize::new(0);
    let complaints = try_each(&points, async |(number, point)| {
        let (number, point) = (*number, *point);
        let (disk, next) = (DISKS[number % 2], moment_of_recovery(number));
        let mut site = Site::begun(&world, Refusing::default());
        site.execute(Some(point)).await;
        site.after_crash(disk);
        let (ended, _) = site.recover(Some(next)).await;
        if matches!(ended, Ended::Crashed) {
            site.after_crash(disk);
            distinct
                .lock()
                .expect("nobody panics")
                .insert(format!("{next:?}"));
            recoveries.fetch_add(1, Ordering::Relaxed);
        }
        let (ended, _) = site.recover(None).await;
        site.check(&ended)
            .map(drop)
            .map_err(|why| format!("{disk:?}, {point:?}, {next:?}: {why}"))
    });
    let recoveries = recoveries.into_inner();
    let distinct = distinct.into_inner().expect("nobody panics").len();
    println!("{recoveries} recoveries broken off, at {distinct} different moments of theirs");
    assert!(recoveries * 4 > points.len() * 3, "{recoveries}");
    check(&complaints);
}

/// The moments of a recovery, one after the other: of its entries, requests and records, early and late.
fn moment_of_recovery(number: usize) -> Point {
    let counts = Counts {
        entries: 118,
        requests: 100,
        records: 2,
    };
    let points = counts.points();
    // A step without a common divisor goes through all of them.
    points[number * 7 % points.len()]
}

#[test]
fn any_moment_of_any_recovery_of_a_tiny_plan_is_recovered() {
    let world = on_a_clock(World::kiosk);
    let (counts, _) = on_a_clock(async || undisturbed(&world).await);
    let recoveries = AtomicUsize::new(0);
    let complaints = try_each(&pairs(&DISKS, &counts.points()), async |(first, point)| {
        let broken_off = async || {
            let mut site = Site::begun(&world, Refusing::default());
            site.execute(Some(*point)).await;
            site.after_crash(*first);
            site
        };
        let (_, recovery) = broken_off().await.recover(None).await;
        // What alone landed of several requests is tried in the first run.
        let mut points = recovery.points();
        points.retain(|point| !matches!(point, Point::Request(_, Landed::Alone)));
        for (number, next) in points.into_iter().enumerate() {
            let second = DISKS[number % 2];
            let mut site = broken_off().await;
            site.recover(Some(next)).await;
            site.after_crash(second);
            let (ended, _) = site.recover(None).await;
            site.check(&ended)
                .map_err(|why| format!("{first:?} {point:?}, {second:?} {next:?}: {why}"))?;
            recoveries.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    });
    println!(
        "{} steps: {} moments of recoveries",
        world.plan.steps.len(),
        recoveries.into_inner()
    );
    check(&complaints);
}

const ANSWERS: [Answer; 4] = [
    DENIED,
    (
        400,
        "Request_BadRequest",
        "Invalid value specified for property 'x' of resource 'y'.",
    ),
    (
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        "Another object with the same value for property uniqueName already exists.",
    ),
    (
        404,
        "Request_ResourceNotFound",
        "Resource 'z' does not exist or one of its queried reference-property objects are not present.",
    ),
];

#[test]
fn a_refusal_of_any_step_leaves_the_tenant_as_it_was() {
    let world = on_a_clock(World::company);
    let (_, writes) = on_a_clock(async || undisturbed(&world).await);
    assert_eq!(writes.len(), world.plan.steps.len(), "a step is a write");
    let refusals: Vec<(&Request, Answer)> = writes
        .iter()
        .flat_map(|write| ANSWERS.map(|answer| (write, answer)))
        .collect();
    let complaints = try_each(&refusals, async |(write, answer)| {
        let step = Some(((*write).clone(), *answer));
        let mut site = Site::begun(&world, Refusing::of(step, None));
        let (ended, _) = site.execute(None).await;
        let told = |why: String| {
            let (method, url, status) = (write.method.as_str(), &write.url, answer.0);
            format!("{method} {url} {status}: {why}")
        };
        match (site.check(&ended).map_err(told)?, answer.0) {
            (Outcome::RolledBack, _) => Ok(()),
            // "It is so already" is believed when it is seen: restored objects bring their links.
            (Outcome::Applied, 404 | 409) => Ok(()),
            (other, _) => Err(told(format!("it ended {other:?}"))),
        }
    });
    println!("{} steps, {} refusals", writes.len(), refusals.len());
    check(&complaints);
}

#[test]
fn it_strands_exactly_when_the_way_back_is_refused_and_goes_back_when_that_is_lifted() {
    let world = on_a_clock(World::company);
    let (_, writes) = on_a_clock(async || undisturbed(&world).await);
    let (refusals, seen) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // The way back from a stranding depends on what is stranded, not on what was refused before.
    let lifted: Mutex<BTreeSet<String>> = Mutex::default();
    let complaints = try_each(&writes, async |write| {
        let step = Some((write.clone(), DENIED));
        let mut site = Site::begun(&world, Refusing::of(step.clone(), None));
        site.execute(None).await;
        let back: BTreeMap<String, Request> = site
            .refusing
            .backward()
            .into_iter()
            .map(|write| (format!("{write:?}"), write))
            .collect();
        for way in back.into_values() {
            refusals.fetch_add(1, Ordering::Relaxed);
            let told = |why: String| {
                let (one, other) = (write.method.as_str(), way.method.as_str());
                format!("{one} {}, back {other} {}: {why}", write.url, way.url)
            };
            let mut site = Site::begun(&world, Refusing::of(step.clone(), Some(way.clone())));
            let (ended, _) = site.execute(None).await;
            if !ended.is_stranded() {
                return Err(told(format!("it is not stranded: {ended:#?}")));
            }
            let is_new = lifted
                .lock()
                .expect("nobody panics")
                .insert(format!("{way:?}"));
            if !is_new {
                continue;
            }
            // Of what stays below something that goes, nothing can be seen any more.
            let is_seen = !site.state().difference(&world.before).is_empty();
            seen.fetch_add(usize::from(is_seen), Ordering::Relaxed);
            site.refusing.lift();
            let (ended, _) = site.recover(None).await;
            site.check_undone(&ended).map_err(told)?;
        }
        Ok(())
    });
    let (refusals, seen) = (refusals.into_inner(), seen.into_inner());
    let lifted = lifted.into_inner().expect("nobody panics").len();
    println!(
        "{refusals} ways back refused; {lifted} different ones lifted, of which {seen} left something to be seen"
    );
    assert!(seen * 3 > lifted * 2, "{seen} of {lifted}");
    check(&complaints);
}

#[test]
fn a_way_back_that_ends_at_any_moment_is_gone_to_its_end() {
    let company = on_a_clock(World::company);
    let small = on_a_clock(World::kiosk);
    let (_, writes) = on_a_clock(async || undisturbed(&small).await);
    let (whole, all) = on_a_clock(async || undisturbed(&company).await);
    let last = all.last().expect("there are writes");
    let mut tries = Vec::new();
    let refused = writes.iter().map(|write| (&small, write));
    for (world, write) in refused.chain([(&company, last)]) {
        let step = Some((write.clone(), DENIED));
        let mut site = Site::begun(world, Refusing::of(step, None));
        let (_, counts) = on_a_clock(async || site.execute(None).await);
        let mut points = counts.points();
        if world.plan.steps.len() == company.plan.steps.len() {
            // The moments before the refusal are those of a plan that is not refused.
            let way_forward = 2 * all.len();
            points.retain(|point| point.is_after(way_forward, whole.requests));
        }
        let points = pairs(&DISKS, &points);
        tries.extend(points.into_iter().map(|point| (world, write, point)));
    }
    let complaints = try_each(&tries, async |(world, write, (disk, point))| {
        let step = Some(((*write).clone(), DENIED));
        let mut site = Site::begun(world, Refusing::of(step, None));
        site.execute(Some(*point)).await;
        site.after_crash(*disk);
        let (ended, _) = site.recover(None).await;
        site.check_undone(&ended).map_err(|why| {
            format!(
                "{} {}, {disk:?} {point:?}: {why}",
                write.method.as_str(),
                write.url
            )
        })
    });
    println!(
        "{} steps refused, {} recoveries",
        writes.len() + 1,
        tries.len()
    );
    check(&complaints);
}

#[test]
fn a_promise_that_is_broken_on_purpose_is_found_broken() {
    let world = on_a_clock(World::company);
    let (counts, writes) = on_a_clock(async || undisturbed(&world).await);
    let last = writes.last().expect("there are writes");
    let found = async |sabotage: Option<Sabotage>| -> BTreeSet<&'static str> {
        let mut found = BTreeSet::new();
        let mut note = |what, checked: Result<(), String>| {
            found.extend(checked.is_err().then_some(what));
        };
        note("undone", refused(&world, last, &counts, sabotage).await);
        note("resumed", crashed(&world, last, &counts, sabotage).await);
        note("unanswered", unanswered(&world, last, sabotage).await);
        note("blind", blind(&world, &counts, sabotage).await);
        note("meddled", meddled(&world, last, &counts, sabotage).await);
        found
    };
    let honest = on_a_clock(async || found(None).await);
    assert_eq!(
        honest,
        BTreeSet::new(),
        "an executor that decides rightly keeps it"
    );
    let caught = Mutex::new(Vec::new());
    try_each(&Sabotage::ALL, async |sabotage| {
        let found = found(Some(*sabotage)).await;
        caught
            .lock()
            .expect("nobody panics")
            .push((*sabotage, found));
        Ok(())
    });
    let caught = caught.into_inner().expect("nobody panics");
    let missed: Vec<&Sabotage> = caught
        .iter()
        .filter(|it| it.1.is_empty())
        .map(|it| &it.0)
        .collect();
    println!(
        "{} of {} sabotages caught: {caught:?}",
        caught.len() - missed.len(),
        caught.len()
    );
    assert!(missed.is_empty(), "{missed:?}");
}

/// The last step is refused, and the way back is another process's.
async fn refused(
    world: &World,
    last: &Request,
    counts: &Counts,
    sabotage: Option<Sabotage>,
) -> Result<(), String> {
    let refusing = Refusing::of(Some((last.clone(), DENIED)), None);
    let mut site = Site::begun(world, refusing);
    site.execute(Some(Point::AfterEntry(counts.entries - 1)))
        .await;
    let ended = execute_wrongly(&site, sabotage, Weather::Fair, None).await;
    site.check_undone(&ended)
}

/// A process dies when a create is on its way, and the next meets a refusal.
async fn crashed(
    world: &World,
    last: &Request,
    counts: &Counts,
    sabotage: Option<Sabotage>,
) -> Result<(), String> {
    for at in 0..counts.requests {
        let refusing = Refusing::of(Some((last.clone(), DENIED)), None);
        let mut site = Site::begun(world, refusing);
        execute_wrongly(
            &site,
            sabotage,
            Weather::Fair,
            Some(Point::Request(at, Landed::UpTo)),
        )
        .await;
        if sabotage == Some(Sabotage::ForgetToSync) {
            site.lose_tail(20);
        }
        let ended = execute_wrongly(&site, sabotage, Weather::Fair, None).await;
        site.check_undone(&ended)?;
    }
    Ok(())
}

/// No write is answered the first time, and the last step is refused.
async fn unanswered(
    world: &World,
    last: &Request,
    sabotage: Option<Sabotage>,
) -> Result<(), String> {
    let refusing = Refusing::of(Some((last.clone(), DENIED)), None);
    let site = Site::begun(world, refusing);
    let ended = execute_wrongly(&site, sabotage, Weather::AnswersAreLost, None).await;
    site.check_undone(&ended)
}

/// A process dies before its deletions arrive, and the next may not read what they delete: it says nothing that is not
/// so.
async fn blind(world: &World, counts: &Counts, sabotage: Option<Sabotage>) -> Result<(), String> {
    for at in 0..counts.requests {
        let mut site = Site::begun(world, Refusing::default());
        site.execute(Some(Point::Request(at, Landed::Before))).await;
        let ended = execute_wrongly(&site, sabotage, Weather::AssignmentsAreHidden, None).await;
        if !ended.is_stranded() {
            site.check(&ended)?;
        }
    }
    Ok(())
}

/// Somebody renames a group that the plan renamed, before the plan is taken back.
async fn meddled(
    world: &World,
    last: &Request,
    counts: &Counts,
    sabotage: Option<Sabotage>,
) -> Result<(), String> {
    let refusing = Refusing::of(Some((last.clone(), DENIED)), None);
    let mut site = Site::begun(world, refusing);
    site.execute(Some(Point::AfterEntry(counts.entries - 1)))
        .await;
    let url = "/groups(uniqueName='contoso-staff')";
    let renamed = Request::new(Method::Patch, url)
        .with_body(serde_json::json!({ "displayName": "Everybody" }));
    site.tenant.with_tenant(|tenant| tenant.answer(&renamed));
    execute_wrongly(&site, sabotage, Weather::Fair, None).await;
    let group = site
        .tenant
        .with_tenant(|tenant| tenant.answer(&Request::get(url)));
    match group.body.unwrap_or_default()["displayName"].as_str() {
        Some("Everybody") => Ok(()),
        other => Err(format!("it is called {other:?}")),
    }
}

/// Undone under another reading of Microsoft's documentation: what idac says, and what of the tenant is not as it was.
async fn undone_under(behaviour: Behaviour) -> (Box<Execution>, Vec<String>) {
    let applied = [declarations::first(), declarations::second()];
    let world = World::of(&applied, &declarations::third(), behaviour).await;
    let (_, writes) = undisturbed(&world).await;
    let last = writes.last().expect("there are writes").clone();
    let mut site = Site::begun(&world, Refusing::of(Some((last, DENIED)), None));
    let (ended, _) = site.execute(None).await;
    let Ended::With(execution) = ended else {
        panic!("it ended as {ended:?}")
    };
    let difference = site.state().difference(&world.before);
    (execution, difference.lines().map(str::to_owned).collect())
}

#[test]
fn a_group_that_graph_deletes_for_good_strands_and_is_named() {
    let (execution, difference) = on_a_clock(async || {
        undone_under(Behaviour {
            security_group_deletion: SecurityGroupDeletion::Hard,
            ..Behaviour::default()
        })
        .await
    });
    assert_eq!(execution.outcome, Outcome::Stranded);
    let stranded: Vec<&str> = execution
        .stranded
        .iter()
        .map(|it| it.subject.as_str())
        .collect();
    // The group itself, and what cannot be given back to it: its assignment, and its membership.
    assert_eq!(
        stranded,
        [
            "application/api/servicePrincipal/appRoleAssignedTo/Legacy:group/temps",
            "group/staff",
            "group/temps",
        ]
    );
    let group = difference.iter().find(|line| line.contains("- Object "));
    let id = group
        .and_then(|line| line.split('"').nth(1))
        .expect("the group is gone");
    let others: Vec<&String> = difference
        .iter()
        .filter(|line| !line.contains(id))
        .collect();
    assert!(others.is_empty(), "{others:#?}");
}

/// What idac does not manage it does not read, so it cannot bring it back where Graph does not: see the limits in
/// `ARCHITECTURE.md`.
#[test]
fn where_a_recycle_bin_keeps_no_consents_only_those_of_others_are_lost() {
    let (execution, difference) = on_a_clock(async || {
        undone_under(Behaviour {
            deleted_service_principal_links: DeletedServicePrincipalLinks::Dropped,
            ..Behaviour::default()
        })
        .await
    });
    assert_eq!(execution.outcome, Outcome::RolledBack);
    let lost: Vec<&str> = difference
        .iter()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(lost, ["Assignment", "Grant"], "{difference:#?}");
    assert!(
        difference[1].contains("Mail.Read"),
        "the consent that somebody gave by hand"
    );
}
