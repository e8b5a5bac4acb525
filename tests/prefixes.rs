//! All or nothing: one plan of all kinds and all five actions, broken off at every single moment, refused at every
//! single step, and found whole or undone each time.
//!
//! Every run is the real executor on an emulated tenant under a clock that never waits. A crash ends it: what was
//! sent may have landed or not, what was recorded stays, and the next run has the ledger, the tenant and perhaps the
//! journal. `state` then reads the tenant by itself, entry by entry.

#[path = "prefixes/chain.rs"]
mod chain;
#[path = "prefixes/crash.rs"]
mod crash;
#[path = "prefixes/crew.rs"]
mod crew;
#[path = "prefixes/declarations.rs"]
mod declarations;
#[path = "prefixes/site.rs"]
mod site;
#[path = "prefixes/state.rs"]
mod state;
#[path = "prefixes/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crash::{Answer, Counts, DENIED, Point, Refusing};
use crew::{check, on_a_clock, try_each};
use idac::graph::Request;
use site::{Disk, Ended, Site};
use world::World;

const DISKS: [Disk; 2] = [Disk::Survives, Disk::Vanishes];

/// What a whole run of the plan is made of, and that it is whole.
async fn undisturbed(world: &World) -> (Counts, Vec<Request>) {
    let mut site = Site::begun(world, Refusing::default());
    let (ended, counts) = site.run(None).await;
    assert_eq!(site.complaint(&ended), None);
    assert_eq!(site.ending(), "receipt");
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
    let endings: Mutex<BTreeMap<&str, usize>> = Mutex::default();
    let complaints = try_each(&pairs(&DISKS, &points), async |(disk, point)| {
        let mut site = Site::begun(&world, Refusing::default());
        let (ended, _) = site.run(Some(*point)).await;
        assert!(matches!(ended, Ended::Crashed), "{point:?}: {ended:?}");
        site.after_crash(*disk);
        let (ended, _) = site.run(None).await;
        *endings
            .lock()
            .expect("nobody panics")
            .entry(site.ending())
            .or_default() += 1;
        site.check(&ended)
            .map_err(|why| format!("{disk:?} {point:?}: {why}"))?;
        match site.is_at_rest().await {
            true => Ok(()),
            false => Err(format!("{disk:?} {point:?}: it is not at rest")),
        }
    });
    println!(
        "{} steps, {} journal entries, {} requests, {} records: {} moments, each with the journal and without: {:?}",
        world.plan.steps.len(),
        counts.entries,
        counts.requests,
        counts.records,
        points.len(),
        endings.into_inner().expect("nobody panics")
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
    let complaints = try_each(
        &pairs(&pairs(&DISKS, &DISKS), &points),
        async |(disks, point)| {
            let ((first, second), (number, point)) = (*disks, *point);
            let next = moment_of_recovery(number);
            let mut site = Site::begun(&world, Refusing::default());
            site.run(Some(point)).await;
            site.after_crash(first);
            let (ended, _) = site.run(Some(next)).await;
            if matches!(ended, Ended::Crashed) {
                site.after_crash(second);
                distinct
                    .lock()
                    .expect("nobody panics")
                    .insert(format!("{next:?}"));
                recoveries.fetch_add(1, Ordering::Relaxed);
            }
            let (ended, _) = site.run(None).await;
            site.check(&ended)
                .map_err(|why| format!("{first:?} {point:?}, {second:?} {next:?}: {why}"))
        },
    );
    let recoveries = recoveries.into_inner();
    let distinct = distinct.into_inner().expect("nobody panics").len();
    println!("{recoveries} recoveries broken off, at {distinct} different moments of theirs");
    assert!(recoveries > 800, "{recoveries}");
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
fn any_moment_of_any_recovery_of_a_small_plan_is_recovered() {
    let world = on_a_clock(World::corner_shop);
    let (counts, _) = on_a_clock(async || undisturbed(&world).await);
    let recoveries = AtomicUsize::new(0);
    let complaints = try_each(&pairs(&DISKS, &counts.points()), async |(first, point)| {
        let broken_off = async || {
            let mut site = Site::begun(&world, Refusing::default());
            site.run(Some(*point)).await;
            site.after_crash(*first);
            site
        };
        let (_, recovery) = broken_off().await.run(None).await;
        for (second, next) in pairs(&DISKS, &recovery.points()) {
            let mut site = broken_off().await;
            site.run(Some(next)).await;
            site.after_crash(second);
            let (ended, _) = site.run(None).await;
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
        let mut site = Site::begun(
            &world,
            Refusing::of(Some(((*write).clone(), *answer)), None),
        );
        let (ended, _) = site.run(None).await;
        site.check_undone(&ended).map_err(|why| {
            format!(
                "{} {} {}: {why}",
                write.method.as_str(),
                write.url,
                answer.0
            )
        })
    });
    println!("{} steps, {} refusals", writes.len(), refusals.len());
    check(&complaints);
}

#[test]
fn it_strands_exactly_when_the_way_back_is_refused_and_goes_back_when_that_is_lifted() {
    let world = on_a_clock(World::company);
    let (_, writes) = on_a_clock(async || undisturbed(&world).await);
    let refusals = AtomicUsize::new(0);
    let complaints = try_each(&writes, async |write| {
        let step = Some((write.clone(), DENIED));
        let mut site = Site::begun(&world, Refusing::of(step.clone(), None));
        site.run(None).await;
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
            site.run(None).await;
            if site.ending() != "dirty" {
                return Err(told(format!("it ended as {}", site.ending())));
            }
            if site.state().difference(&world.before).is_empty() {
                return Err(told("nothing is stranded".to_owned()));
            }
            site.refusing.lift();
            let (ended, _) = site.run(None).await;
            site.check_undone(&ended).map_err(told)?;
        }
        Ok(())
    });
    println!("{} ways back refused, and lifted", refusals.into_inner());
    check(&complaints);
}

#[test]
fn a_way_back_that_ends_at_any_moment_is_gone_to_its_end() {
    let company = on_a_clock(World::company);
    let small = on_a_clock(World::corner_shop);
    let (_, writes) = on_a_clock(async || undisturbed(&small).await);
    let (_, all) = on_a_clock(async || undisturbed(&company).await);
    let last = all.last().expect("there are writes");
    let mut tries = Vec::new();
    let refused = writes.iter().map(|write| (&small, write));
    for (world, write) in refused.chain([(&company, last)]) {
        let step = Some((write.clone(), DENIED));
        let mut site = Site::begun(world, Refusing::of(step, None));
        let (_, counts) = on_a_clock(async || site.run(None).await);
        let points = pairs(&DISKS, &counts.points());
        tries.extend(points.into_iter().map(|point| (world, write, point)));
    }
    let complaints = try_each(&tries, async |(world, write, (disk, point))| {
        let step = Some(((*write).clone(), DENIED));
        let mut site = Site::begun(world, Refusing::of(step, None));
        site.run(Some(*point)).await;
        site.after_crash(*disk);
        let (ended, _) = site.run(None).await;
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
