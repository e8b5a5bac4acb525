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
#[path = "prefixes/declarations.rs"]
mod declarations;
#[path = "prefixes/site.rs"]
mod site;
#[path = "prefixes/state.rs"]
mod state;
#[path = "prefixes/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use crash::{Answer, Counts, DENIED, Point, Refusing};
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

/// Complaints, the first few of them.
#[derive(Default)]
struct Complaints {
    all: Vec<String>,
}

impl Complaints {
    fn hear(&mut self, of: impl std::fmt::Debug, complaint: Option<String>) {
        self.all.extend(complaint.map(|it| format!("{of:?}: {it}")));
    }

    fn check(&self) {
        let few: Vec<&str> = self.all.iter().take(3).map(String::as_str).collect();
        assert!(few.is_empty(), "{} complaints\n{}", self.all.len(), few.join("\n"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_at_any_moment_is_recovered_and_then_at_rest() {
    let world = World::company().await;
    let (counts, _) = undisturbed(&world).await;
    let points = counts.points();
    let mut endings: BTreeMap<&str, usize> = BTreeMap::new();
    let mut complaints = Complaints::default();
    let mut recoveries = 0;
    for disk in DISKS {
        for point in &points {
            let mut site = Site::begun(&world, Refusing::default());
            eprintln!("{disk:?} {point:?}");
            let (ended, _) = site.run(Some(*point)).await;
            assert!(matches!(ended, Ended::Crashed), "{point:?}: {ended:?}");
            site.after_crash(disk);
            let (ended, _) = site.run(None).await;
            complaints.hear((disk, point), site.complaint(&ended));
            let at_rest = site.is_at_rest().await;
            complaints.hear((disk, point), (!at_rest).then(|| "it is not at rest".to_owned()));
            *endings.entry(site.ending()).or_default() += 1;
            recoveries += 1;
        }
    }
    println!(
        "{} steps, {} journal entries, {} requests, {} records; {} crash points, {recoveries} recoveries: {endings:?}",
        world.plan.steps.len(),
        counts.entries,
        counts.requests,
        counts.records,
        points.len()
    );
    complaints.check();
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_ends_early_is_recovered_too() {
    let world = World::company().await;
    let (counts, _) = undisturbed(&world).await;
    let mut complaints = Complaints::default();
    let (mut recoveries, mut distinct) = (0, BTreeSet::new());
    for (first, second) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        for (number, point) in counts.points().into_iter().enumerate() {
            // Every moment of the first run, and with each the next moment of its recovery.
            let mut site = Site::begun(&world, Refusing::default());
            site.run(Some(point)).await;
            site.after_crash(DISKS[first]);
            let next = crash_of(number);
            let (ended, _) = site.run(Some(next)).await;
            if matches!(ended, Ended::Crashed) {
                site.after_crash(DISKS[second]);
                distinct.insert(format!("{next:?}"));
                recoveries += 1;
            }
            let (ended, _) = site.run(None).await;
            complaints.hear((first, second, point, next), site.complaint(&ended));
        }
    }
    println!("{recoveries} recoveries broken off, at {} different moments", distinct.len());
    assert!(recoveries > 800, "{recoveries}");
    complaints.check();
}

/// Moments of a recovery, one after the other: records, entries and requests in turn, early and late.
fn crash_of(number: usize) -> Point {
    let counts = Counts {
        entries: 118,
        requests: 100,
        records: 2,
    };
    let points = counts.points();
    // A step without a common divisor goes through all of them.
    points[number * 7 % points.len()]
}

const ANSWERS: [Answer; 4] = [
    DENIED,
    (400, "Request_BadRequest", "Invalid value specified for property 'x' of resource 'y'."),
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

#[tokio::test(start_paused = true)]
async fn a_refusal_at_any_step_leaves_the_tenant_as_it_was() {
    let world = World::company().await;
    let (_, writes) = undisturbed(&world).await;
    assert_eq!(writes.len(), world.plan.steps.len(), "a step is a write");
    let mut complaints = Complaints::default();
    let mut refusals = 0;
    for write in &writes {
        for answer in ANSWERS {
            let mut site = Site::begun(&world, Refusing::of(Some((write.clone(), answer)), None));
            let (ended, _) = site.run(None).await;
            complaints.hear((&write.method, &write.url, answer.0), site.complaint(&ended));
            assert_eq!(site.ending(), "aborted", "{write:?} {answer:?}");
            refusals += 1;
        }
    }
    println!("{} steps refused in {refusals} ways", writes.len());
    complaints.check();
}

#[tokio::test(start_paused = true)]
async fn it_strands_exactly_when_the_way_back_is_refused_and_goes_back_when_that_is_lifted() {
    let world = World::company().await;
    let (_, writes) = undisturbed(&world).await;
    let mut complaints = Complaints::default();
    let mut refusals = 0;
    for write in &writes {
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
            refusals += 1;
            let of = format!("{} {}, back {} {}", write.method.as_str(), write.url, way.method.as_str(), way.url);
            let mut site = Site::begun(&world, Refusing::of(step.clone(), Some(way)));
            site.run(None).await;
            if site.ending() != "dirty" {
                complaints.hear(&of, Some(format!("it ended as {}", site.ending())));
                continue;
            }
            if site.state().difference(&world.before).is_empty() {
                complaints.hear(&of, Some("nothing is stranded".to_owned()));
            }
            site.refusing.lift();
            let (ended, _) = site.run(None).await;
            complaints.hear(&of, site.complaint(&ended));
            assert_eq!(site.ending(), "aborted", "{of}");
        }
    }
    println!("{refusals} ways back refused, and lifted");
    complaints.check();
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_ends_at_any_moment_is_gone_to_its_end() {
    let company = World::company().await;
    let small = World::corner_shop().await;
    let (_, writes) = undisturbed(&small).await;
    let (_, all) = undisturbed(&company).await;
    let last = all.last().expect("there are writes");
    let mut complaints = Complaints::default();
    let mut recoveries = 0;
    let refused = writes.iter().map(|write| (&small, write)).chain([(&company, last)]);
    for (world, write) in refused {
        let step = Some((write.clone(), DENIED));
        let mut site = Site::begun(world, Refusing::of(step.clone(), None));
        let (_, counts) = site.run(None).await;
        for disk in DISKS {
            for point in counts.points() {
                let mut site = Site::begun(world, Refusing::of(step.clone(), None));
                site.run(Some(point)).await;
                site.after_crash(disk);
                let (ended, _) = site.run(None).await;
                complaints.hear((&write.url, disk, point), site.complaint(&ended));
                complaints.hear((&write.url, disk, point), (site.ending() != "aborted").then(|| site.ending().to_owned()));
                recoveries += 1;
            }
        }
    }
    println!("{} steps refused, {recoveries} recoveries", writes.len() + 1);
    complaints.check();
}

#[tokio::test(start_paused = true)]
async fn any_moment_of_any_recovery_of_a_small_plan_is_recovered() {
    let world = World::corner_shop().await;
    let (counts, _) = undisturbed(&world).await;
    let mut complaints = Complaints::default();
    let mut recoveries = 0;
    for first in DISKS {
        for point in counts.points() {
            let mut site = Site::begun(&world, Refusing::default());
            site.run(Some(point)).await;
            site.after_crash(first);
            let (_, recovery) = site.run(None).await;
            for next in recovery.points() {
                let mut site = Site::begun(&world, Refusing::default());
                site.run(Some(point)).await;
                site.after_crash(first);
                site.run(Some(next)).await;
                site.after_crash(if recoveries % 2 == 0 { Disk::Survives } else { Disk::Vanishes });
                let (ended, _) = site.run(None).await;
                complaints.hear((first, point, next), site.complaint(&ended));
                recoveries += 1;
            }
        }
    }
    println!("{} steps: {recoveries} recoveries of a recovery", world.plan.steps.len());
    complaints.check();
}

#[tokio::test(start_paused = true)]
async fn probe() {
    let world = World::company().await;
    let mut site = Site::begun(&world, Refusing::default());
    site.run(Some(Point::BeforeEntry(110))).await;
    site.after_crash(Disk::Vanishes);
    println!("now");
    let (ended, _) = site.run(None).await;
    println!("{:?}", site.complaint(&ended));
}
