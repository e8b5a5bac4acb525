//! Objects that cannot be created because each waits for a property of the next.

use std::collections::BTreeMap;

use super::fill::{ComputedUse, NeededWhen};
use crate::address::Address;
use crate::finding::{Finding, Origin};

/// Reports every cycle of properties that are needed when an object is created, once.
pub(super) fn check(uses: &[ComputedUse], findings: &mut Vec<Finding>) {
    let mut needs: BTreeMap<Address, Vec<(&Address, &Origin)>> = BTreeMap::new();
    let mut parts: BTreeMap<Address, (Address, &Origin)> = BTreeMap::new();
    for used in uses {
        for address in [&used.by, &used.to] {
            if !address.part_name().is_empty() {
                parts.insert(address.clone(), (address.root(), &used.origin));
            }
        }
        if used.when == NeededWhen::AtCreation {
            needs
                .entry(used.by.clone())
                .or_default()
                .push((&used.to, &used.origin));
        }
    }
    // A part is created after the object to which it belongs.
    for (part, (root, origin)) in &parts {
        needs.entry(part.clone()).or_default().push((root, origin));
    }
    Walk {
        needs: &needs,
        state: BTreeMap::new(),
        findings,
    }
    .all();
}

/// A walk along the needs, deepest first.
struct Walk<'a> {
    needs: &'a BTreeMap<Address, Vec<(&'a Address, &'a Origin)>>,
    state: BTreeMap<&'a Address, State>,
    findings: &'a mut Vec<Finding>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    OnTheWay,
    Done,
}

impl<'a> Walk<'a> {
    fn all(mut self) {
        for start in self.needs.keys() {
            if !self.state.contains_key(start) {
                self.from(start);
            }
        }
    }

    fn from(&mut self, start: &'a Address) {
        // Each object on the way, with the next of its needs to look at.
        let mut way: Vec<(&'a Address, usize)> = vec![(start, 0)];
        self.state.insert(start, State::OnTheWay);
        while let Some((address, next)) = way.last_mut() {
            let address = *address;
            let need = self.needs.get(address).and_then(|needs| needs.get(*next));
            *next += 1;
            let Some((to, origin)) = need else {
                self.state.insert(address, State::Done);
                way.pop();
                continue;
            };
            match self.state.get(*to) {
                None => {
                    self.state.insert(to, State::OnTheWay);
                    way.push((to, 0));
                }
                Some(State::OnTheWay) => {
                    let first = way.iter().position(|(on, _)| on == to).unwrap_or(0);
                    let names: Vec<&str> = way[first..]
                        .iter()
                        .map(|(on, _)| on.as_str())
                        .chain([to.as_str()])
                        .collect();
                    self.findings.push(cycle(&names, origin));
                }
                Some(State::Done) => {}
            }
        }
    }
}

fn cycle(names: &[&str], origin: &Origin) -> Finding {
    let message = if names.len() == 2 {
        format!(
            "{} cannot be created: this needs what it gets only when it is created",
            names[0]
        )
    } else {
        format!(
            "none of these can be created first: {} each need a property of the next",
            names.join(" → ")
        )
    };
    Finding::error(
        "IDAC132",
        origin,
        message,
        "remove one of the references, or move it to `identifierUris`, which idac writes after everything is created",
    )
}
