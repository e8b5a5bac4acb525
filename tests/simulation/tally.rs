//! What worlds came to, counted.

use std::collections::BTreeMap;
use std::fmt;

use idac::plan::{Action, Plan};

/// What worlds came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) worlds: u64,
    pub(crate) steps: u64,
    pub(crate) applied: u64,
    pub(crate) rolled_back: u64,
    pub(crate) stranded: u64,
    pub(crate) nothing_to_do: u64,
    pub(crate) guarded: u64,
    pub(crate) unplannable: u64,
    pub(crate) invalid: u64,
    pub(crate) declared: u64,
    /// Rounds after one that took something out of the recycle bin and found it otherwise than it could be seen there.
    pub(crate) second_rounds: u64,
    /// Plans that met what came back from the recycle bin and was in the way.
    pub(crate) unseen: u64,
    /// Plans that the dry-run stopped because somebody else has what only one object can have.
    pub(crate) contested: u64,
    /// Worlds by the switch that was in its other position.
    pub(crate) switches: BTreeMap<&'static str, u64>,
    /// Steps by entity and action.
    pub(crate) kinds: BTreeMap<(String, &'static str), u64>,
    pub(crate) codes: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        let Tally {
            worlds,
            steps,
            applied,
            rolled_back,
            stranded,
            nothing_to_do,
            guarded,
            unplannable,
            invalid,
            declared,
            second_rounds,
            unseen,
            contested,
            switches,
            kinds,
            codes,
        } = other;
        self.worlds += worlds;
        self.steps += steps;
        self.applied += applied;
        self.rolled_back += rolled_back;
        self.stranded += stranded;
        self.nothing_to_do += nothing_to_do;
        self.guarded += guarded;
        self.unplannable += unplannable;
        self.invalid += invalid;
        self.declared += declared;
        self.second_rounds += second_rounds;
        self.unseen += unseen;
        self.contested += contested;
        for (name, count) in switches {
            *self.switches.entry(name).or_default() += count;
        }
        for (name, count) in kinds {
            *self.kinds.entry(name).or_default() += count;
        }
        for (name, count) in codes {
            *self.codes.entry(name).or_default() += count;
        }
    }

    pub(crate) fn count(&mut self, plan: &Plan) {
        self.steps += plan.steps.len() as u64;
        for step in &plan.steps {
            let action = match &step.action {
                Action::Create { revive: None, .. } => "create",
                Action::Create {
                    revive: Some(_), ..
                } => "revive",
                Action::Update { .. } => "update",
                Action::Delete { .. } => "delete",
                Action::Link { .. } => "link",
                Action::Unlink { .. } => "unlink",
            };
            *self.kinds.entry((step.entity.clone(), action)).or_default() += 1;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            worlds,
            declared,
            steps,
            switches,
            ..
        } = self;
        writeln!(
            out,
            "{worlds} worlds, {declared} declarations, {steps} steps, {} switches",
            switches.len()
        )?;
        writeln!(
            out,
            "applied {}, rolled back {}, stranded {}, nothing to do {}",
            self.applied, self.rolled_back, self.stranded, self.nothing_to_do
        )?;
        writeln!(
            out,
            "stopped: invalid {}, not answered by the tenant {}, by guardrails {}, contested {}",
            self.invalid, self.unplannable, self.guarded, self.contested
        )?;
        writeln!(
            out,
            "out of the recycle bin: {} second rounds, {} plans met what came back with it",
            self.second_rounds, self.unseen
        )?;
        for ((entity, action), count) in &self.kinds {
            writeln!(out, "{count:>8} {action} {entity}")?;
        }
        for (code, count) in &self.codes {
            writeln!(out, "{count:>8} {code}")?;
        }
        Ok(())
    }
}
