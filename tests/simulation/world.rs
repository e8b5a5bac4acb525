//! One world: a tenant, a declaration and what people make of it, and what goes wrong meanwhile. The laws are checked
//! wherever it stands still.

use idac::dry_run::Verdict;
use idac::emulator::{Behaviour, Hardship, Tenant};
use idac::execute::Outcome;
use idac::finding;
use idac::ledger::Folder;
use idac::plan::Plan;

use super::dice::Dice;
use super::expected;
use super::generate;
use super::hardship;
use super::laws::{self, Revival};
use super::pipeline::{
    Chain, Looked, Simulated, Situation, carry_out, desired_of, finish, look, rehearse,
};
use super::root::Root;
use super::surroundings::{Portal, Surroundings, founded};
use super::tally::Tally;
use super::witness::{Facts, Witness};

/// Whether a world tells what happens in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    Quiet,
    Aloud,
}

/// A world under way.
pub(crate) struct World {
    pub(crate) graph: Simulated,
    pub(crate) ledger: Chain,
    witness: Witness,
    around: Surroundings,
    nonces: u32,
    name: String,
    pub(crate) tally: Tally,
    pub(crate) problems: Vec<String>,
    telling: Telling,
}

/// What Graph says when something is there already: a credential that accepts the same token, the same grant.
const UNSEEN: [&str; 2] = [
    "InvalidFederatedIdentityCredentialValue",
    "Request_MultipleObjectsWithSameKeyValue",
];

/// How one round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Applied,
    /// Perhaps only after a recovery.
    RolledBack,
    /// The declaration or the plan was stopped, or the tenant is closed.
    Stopped,
}

/// Runs the world of a seed.
pub(crate) async fn run(seed: u64, presence: Folder, telling: Telling) -> (Tally, Vec<String>) {
    let mut dice = Dice::of(seed, "world");
    let variants = Behaviour::all_variants();
    let (switch, behaviour) = variants[if dice.falls(40) {
        0
    } else {
        dice.below(variants.len())
    }]
    .clone();
    let mut world = World::new(&format!("world-{seed}"), seed, behaviour, presence, telling);
    world.tally.switches.insert(switch, 1);
    world.tell(|| format!("seed {seed}, {switch}"));
    let around = world.around.clone();
    let first = generate::first(&around, &mut Dice::of(seed, "first"));
    if world.round(&first, &Hardship::default()).await == Ending::Stopped {
        return world.end();
    }
    if dice.falls(60) {
        world.meddle(&mut dice);
    }
    let mut change = Dice::of(seed, "next");
    let second = generate::next(&first, &Root::default(), &around, &mut change);
    let hardship = hardship::draw(seed, &mut dice);
    let ending = world.round(&second, &hardship).await;
    match ending {
        Ending::Applied => {}
        Ending::Stopped => return world.end(),
        // What was refused is not refused for ever.
        Ending::RolledBack => {
            if world.problems.is_empty() {
                world.round(&second, &Hardship::default()).await;
            }
        }
    }
    if dice.falls(50) && world.problems.is_empty() {
        world.meddle(&mut dice);
        let graveyard = Root {
            documents: first
                .documents
                .into_iter()
                .filter(|(it, _)| !second.documents.contains_key(it))
                .collect(),
            ..Root::default()
        };
        let third = generate::next(&second, &graveyard, &around, &mut change);
        world.round(&third, &Hardship::default()).await;
    }
    world.end()
}

impl World {
    pub(crate) fn new(
        name: &str,
        seed: u64,
        behaviour: Behaviour,
        presence: Folder,
        telling: Telling,
    ) -> World {
        let mut tenant = founded().clone();
        let around = Surroundings::settle(&mut tenant, &mut Dice::of(seed, "tenant"));
        tenant.set_behaviour(behaviour);
        let world = World {
            graph: Simulated::new(tenant, seed),
            ledger: Chain::new(presence),
            witness: Witness::of_founded(),
            around,
            nonces: 0,
            name: name.to_owned(),
            tally: Tally {
                worlds: 1,
                ..Tally::default()
            },
            problems: Vec::new(),
            telling,
        };
        if telling == Telling::Aloud {
            world.graph.keep_lines();
        }
        world
    }

    fn end(self) -> (Tally, Vec<String>) {
        (self.tally, self.problems)
    }

    pub(crate) fn facts(&mut self) -> Facts {
        let witness = &mut self.witness;
        self.graph
            .emulator
            .with_tenant(|tenant| witness.follow(tenant));
        witness.facts()
    }

    /// Plans, applies and looks whether the laws hold.
    pub(crate) async fn round(&mut self, root: &Root, hardship: &Hardship) -> Ending {
        let mut sources = root.sources();
        self.tally.declared += 1;
        self.tell(|| {
            let texts = sources
                .iter()
                .map(|it| format!("# {}\n{}", it.path, String::from_utf8_lossy(&it.bytes)));
            texts.collect::<Vec<_>>().join("\n")
        });
        let before = self.facts();
        self.set(hardship);
        let looked = look(&sources, &self.graph, &self.ledger).await;
        let situation = match looked {
            Looked::Here(situation) => situation,
            Looked::Invalid(findings) | Looked::Unplannable(findings) => {
                self.set(&Hardship::default());
                return self.stopped(&findings);
            }
        };
        self.problems.extend(laws::idle_steps(&situation.plan));
        sources.reverse();
        self.same_bytes(&sources, &situation);
        if finding::has_errors(&situation.findings) {
            let tried = rehearse(&situation).await;
            if tried.clearance.is_some() {
                self.problems
                    .push("Guards: a fatal finding and a clearance".to_owned());
            }
            self.tally.guarded += 1;
            self.set(&Hardship::default());
            return Ending::Stopped;
        }
        if situation.plan.steps.is_empty() && situation.plan.objects == situation.applied {
            self.tally.nothing_to_do += 1;
            self.set(&Hardship::default());
            return Ending::Applied;
        }
        self.write(root, &sources, *situation, &before, hardship)
            .await
    }

    async fn write(
        &mut self,
        root: &Root,
        sources: &[idac::declare::Source],
        situation: Situation,
        before: &Facts,
        hardship: &Hardship,
    ) -> Ending {
        let plan = &situation.plan;
        self.tally.count(plan);
        self.tell(|| serde_json::to_string_pretty(&plan.steps).expect("steps are JSON"));
        let tried = rehearse(&situation).await;
        if tried.clearance.is_none() {
            self.set(&Hardship::default());
            match expected::is_contested(root, &situation.plan.objects, before, &tried.verdict) {
                true => self.tally.contested += 1,
                false => self
                    .problems
                    .push(format!("Cleared: {}", told(&tried.verdict))),
            }
            return Ending::Stopped;
        }
        self.graph.take_log();
        let nonce = self.nonce();
        let mut journal = Vec::new();
        let receipt = carry_out(
            plan,
            tried,
            &self.graph,
            &mut self.ledger,
            &mut journal,
            &nonce,
        )
        .await;
        let receipt = receipt.expect("the ledger and the journal take everything");
        let log = self.graph.take_log();
        for line in log.lines.unwrap_or_default() {
            eprintln!("{line}");
        }
        self.set(&Hardship::default());
        let after = self.facts();
        self.problems.extend(laws::twins(&after));
        let execution = &receipt.execution;
        self.tell(|| {
            format!(
                "{:?} {:?} {:?}",
                execution.outcome, execution.refused, execution.stranded
            )
        });
        match execution.outcome {
            Outcome::Applied => {
                self.tally.applied += 1;
                if *hardship == Hardship::default() && log.writes != plan.steps.len() as u64 {
                    self.problems.push(format!(
                        "Minimal: {} writes for {} steps",
                        log.writes,
                        plan.steps.len()
                    ));
                }
                self.problems
                    .extend(laws::unexplained(plan, &execution.created, before, &after));
                let is_revived = laws::revives(plan);
                if !self.converged(sources, is_revived).await {
                    return Ending::Applied;
                }
                let facts = self.facts();
                let objects = idac::ledger::last_receipt(&self.ledger).expect("the ledger is read");
                self.problems
                    .extend(expected::missing(root, &objects, &facts));
                Ending::Applied
            }
            Outcome::RolledBack => {
                self.tally.rolled_back += 1;
                self.problems.extend(laws::not_rolled_back(before, &after));
                self.check_refusal(hardship, plan, &receipt);
                Ending::RolledBack
            }
            Outcome::Stranded => {
                self.tally.stranded += 1;
                self.check_refusal(hardship, plan, &receipt);
                self.recover(plan, journal, before, &receipt).await
            }
        }
    }

    /// Only what was refused on purpose may end a plan; or what an object brought with it from the recycle bin, where
    /// nobody could see it.
    fn check_refusal(&mut self, hardship: &Hardship, plan: &Plan, receipt: &idac::apply::Receipt) {
        let execution = &receipt.execution;
        let is_unseen = execution.refused.as_ref().is_some_and(|(_, trouble)| {
            laws::revives(plan) == Revival::Some && UNSEEN.contains(&trouble.code.as_str())
        });
        if is_unseen {
            self.tally.unseen += 1;
            return;
        }
        if hardship.refusals.is_empty() {
            self.problems.push(format!(
                "Applied: nothing was refused on purpose, and it ended {:?}: {:?} {:?}",
                execution.outcome, execution.refused, execution.stranded
            ));
        }
    }

    /// Every step that stands is named; when nothing is refused any more, a recovery takes the rest back.
    async fn recover(
        &mut self,
        plan: &Plan,
        journal: Vec<idac::execute::Entry>,
        before: &Facts,
        receipt: &idac::apply::Receipt,
    ) -> Ending {
        if receipt.execution.stranded.is_empty() {
            self.problems.push("Stranded: nobody says what".to_owned());
        }
        let nonce = self.nonce();
        let finished = finish(&self.graph, &mut self.ledger, journal, &nonce).await;
        for line in self.graph.take_log().lines.unwrap_or_default() {
            eprintln!("recovery: {line}");
        }
        let after = self.facts();
        let Some(finished) = finished else {
            self.problems
                .push("Stranded: there is nothing to recover".to_owned());
            return Ending::Stopped;
        };
        match finished.execution.outcome {
            Outcome::RolledBack => {
                self.problems.extend(laws::not_rolled_back(before, &after));
                Ending::RolledBack
            }
            // The plan said so before: only a person can put that right.
            Outcome::Stranded if laws::irreversible(plan) > 0 => Ending::Stopped,
            // Where Graph keeps no deleted groups, none comes back.
            Outcome::Stranded if self.tally.switches.contains_key("security_group_deletion") => {
                Ending::Stopped
            }
            Outcome::Stranded | Outcome::Applied => {
                self.problems.push(format!(
                    "Stranded: recovered to {:?} {:?}",
                    finished.execution.outcome, finished.execution.stranded
                ));
                Ending::Stopped
            }
        }
    }

    /// Converges, the first law: planning again is empty. What an object comes back with from the recycle bin is seen only then,
    /// so after a revival one more round may have to take it away.
    async fn converged(&mut self, sources: &[idac::declare::Source], revival: Revival) -> bool {
        let again = match look(sources, &self.graph, &self.ledger).await {
            Looked::Here(again) => again,
            Looked::Invalid(findings) | Looked::Unplannable(findings) => {
                self.problems
                    .push(format!("Converges: {}", findings[0].message));
                return false;
            }
        };
        let is_empty = again.plan.steps.is_empty();
        if !is_empty && revival == Revival::Some {
            self.tally.second_rounds += 1;
            return self.once_more(sources, *again).await;
        }
        if !is_empty {
            let steps = serde_json::to_string(&again.plan.steps).expect("steps are JSON");
            self.problems
                .push(format!("Converges: planned again: {steps}"));
        }
        if again.plan.objects != again.applied {
            self.problems
                .push("Converges: the receipt is not what is planned again".to_owned());
        }
        is_empty
    }

    /// The round that takes away what came back with a revived object; then nothing is left to do.
    async fn once_more(&mut self, sources: &[idac::declare::Source], situation: Situation) -> bool {
        let tried = rehearse(&situation).await;
        match &tried.verdict {
            Verdict::Cleared => {}
            // Whether the last owner goes who came back with it is for a person to decide.
            Verdict::Stopped { .. } => return false,
            Verdict::Refused { .. } | Verdict::NotConverged { .. } | Verdict::Failed { .. } => {
                let told = told(&tried.verdict);
                self.problems
                    .push(format!("Converges: the second round: {told}"));
                return false;
            }
        }
        let nonce = self.nonce();
        let mut journal = Vec::new();
        let applied = carry_out(
            &situation.plan,
            tried,
            &self.graph,
            &mut self.ledger,
            &mut journal,
            &nonce,
        )
        .await;
        let receipt = applied.expect("the ledger and the journal take everything");
        if receipt.execution.outcome != Outcome::Applied {
            self.problems.push(format!(
                "Converges: the second round: {:?}",
                receipt.execution
            ));
        }
        Box::pin(self.converged(sources, Revival::None)).await
    }

    fn nonce(&mut self) -> String {
        self.nonces += 1;
        format!("{}-{}", self.name, self.nonces)
    }

    /// The second law: same input, same bytes.
    fn same_bytes(&mut self, shuffled: &[idac::declare::Source], situation: &Situation) {
        let again = desired_of(shuffled).ok().and_then(|desired| {
            idac::plan::plan(&desired, &situation.snapshot, &situation.applied).ok()
        });
        let bytes = |plan: &Plan| serde_json::to_vec(plan).expect("a plan is JSON");
        if again.as_ref().map(bytes) != Some(bytes(&situation.plan)) {
            self.problems.push(
                "Same input, same bytes: another order of files gives another plan".to_owned(),
            );
        }
    }

    fn stopped(&mut self, findings: &[finding::Finding]) -> Ending {
        self.tell(|| format!("{findings:#?}"));
        for found in findings
            .iter()
            .filter(|it| it.severity == finding::Severity::Error)
        {
            *self.tally.codes.entry(found.code).or_default() += 1;
        }
        match findings.iter().any(|it| it.code.starts_with("IDAC2")) {
            true => self.tally.unplannable += 1,
            false => self.tally.invalid += 1,
        }
        Ending::Stopped
    }

    /// Lets somebody change some managed objects.
    fn meddle(&mut self, dice: &mut Dice) {
        let applied = idac::ledger::last_receipt(&self.ledger).expect("the ledger is read");
        let managed: Vec<_> = applied.values().collect();
        for _ in 0..dice.between(0, 4) {
            if managed.is_empty() {
                return;
            }
            let object = dice.one(&managed);
            let Some(id) = laws::id_of(object) else {
                continue;
            };
            let around = &self.around;
            self.graph.emulator.with_tenant(|tenant| {
                Portal { tenant }.meddle(&object.entity, id.as_str(), around, dice);
            });
        }
    }

    /// Lets somebody change one managed object.
    pub(crate) fn meddle_with(&mut self, address: &str, meddling: fn(&mut Tenant, &str)) {
        let applied = idac::ledger::last_receipt(&self.ledger).expect("the ledger is read");
        let address = idac::address::Address::parse(address).expect("it is an address");
        let id = laws::id_of(&applied[&address])
            .expect("it has an id")
            .to_string();
        self.graph
            .emulator
            .with_tenant(|tenant| meddling(tenant, &id));
    }

    fn set(&mut self, hardship: &Hardship) {
        self.graph
            .emulator
            .with_tenant(|tenant: &mut Tenant| tenant.set_hardship(hardship.clone()));
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        match self.telling {
            Telling::Quiet => {}
            Telling::Aloud => eprintln!("{}", what()),
        }
    }
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::NotConverged { again } => {
            format!(
                "the copy does not converge: {}",
                serde_json::to_string(&again.steps).expect("steps are JSON")
            )
        }
        Verdict::Cleared
        | Verdict::Stopped { .. }
        | Verdict::Refused { .. }
        | Verdict::Failed { .. } => {
            format!("{verdict:?}")
        }
    }
}
