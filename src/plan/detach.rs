//! Objects that must exist before others can be created, and cycles among them, which are broken by writing the
//! property that closes the cycle later.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use super::pair::{Pair, Pairs};
use super::stage::is_delayed;
use crate::address::Address;
use crate::kind;
use crate::kind::entity::Write;
use crate::object::{Coverage, DesiredObject, Value};

/// The paths of one object that are written after it was created, with the objects that they wait for.
pub(super) type Detached<'a> = BTreeMap<&'a Address, BTreeMap<&'a str, BTreeSet<Address>>>;

/// What has to be written later so that every object can be created.
pub(super) fn detach<'a>(pairs: &Pairs<'a>) -> Detached<'a> {
    let mut order = Order::build(pairs);
    order.run();
    order.detached
}

struct Order<'a> {
    /// For each object that is created: the objects that it waits for, each with the paths that name it; an empty
    /// set when the name cannot be written later.
    waits: BTreeMap<&'a Address, BTreeMap<Address, BTreeSet<&'a str>>>,
    waited_for: HashMap<Address, Vec<&'a Address>>,
    ready: BinaryHeap<Reverse<&'a Address>>,
    detached: Detached<'a>,
}

impl<'a> Order<'a> {
    fn build(pairs: &Pairs<'a>) -> Order<'a> {
        let mut order = Order {
            waits: BTreeMap::new(),
            waited_for: HashMap::new(),
            ready: BinaryHeap::new(),
            detached: BTreeMap::new(),
        };
        let planned = |address: &Address| matches!(pairs.get(address), Pair::Planned);
        for (object, pair) in pairs.all() {
            if let Pair::Planned = pair {
                let waits = waits(pairs, object, &planned);
                for to in waits.keys() {
                    order
                        .waited_for
                        .entry(to.clone())
                        .or_default()
                        .push(&object.address);
                }
                if waits.is_empty() {
                    order.ready.push(Reverse(&object.address));
                }
                order.waits.insert(&object.address, waits);
            }
        }
        order
    }

    fn run(&mut self) {
        loop {
            while let Some(Reverse(done)) = self.ready.pop() {
                self.waits.remove(done);
                for waiting in self.waited_for.remove(done).unwrap_or_default() {
                    self.release(waiting, done);
                }
            }
            let Some(cycle) = self.find_cycle() else {
                return;
            };
            self.break_cycle(&cycle);
        }
    }

    fn release(&mut self, waiting: &'a Address, done: &Address) {
        if let Some(waits) = self.waits.get_mut(waiting) {
            waits.remove(done);
            if waits.is_empty() {
                self.ready.push(Reverse(waiting));
            }
        }
    }

    /// Objects that wait for one another in a ring.
    fn find_cycle(&self) -> Option<Vec<&'a Address>> {
        let mut at = *self.waits.keys().next()?;
        let mut path: Vec<&Address> = Vec::new();
        let mut seen: HashMap<&Address, usize> = HashMap::new();
        loop {
            if let Some(start) = seen.get(at) {
                return Some(path.split_off(*start));
            }
            seen.insert(at, path.len());
            path.push(at);
            let next = self.waits.get(at)?.keys().next()?;
            at = self
                .waits
                .get_key_value(next)
                .map(|(address, _)| *address)?;
        }
    }

    /// Detaches the first object of the ring whose names can be written later.
    fn break_cycle(&mut self, cycle: &[&'a Address]) {
        let next = |at: usize| cycle[(at + 1) % cycle.len()];
        let at = (0..cycle.len())
            .filter(|at| !self.waits[cycle[*at]][next(*at)].is_empty())
            .min_by_key(|at| cycle[*at])
            .unwrap_or_else(|| panic!("bug: {} needs itself to exist", cycle[0]));
        let (address, to) = (cycle[at], next(at).clone());
        let paths = self
            .waits
            .get_mut(address)
            .and_then(|waits| waits.remove(&to))
            .unwrap_or_default();
        for path in paths {
            self.detached
                .entry(address)
                .or_default()
                .entry(path)
                .or_default()
                .insert(to.clone());
        }
        if self.waits[address].is_empty() {
            self.ready.push(Reverse(address));
        }
    }
}

/// What an object waits for when it is created.
fn waits<'a>(
    pairs: &Pairs<'a>,
    object: &'a DesiredObject,
    planned: &dyn Fn(&Address) -> bool,
) -> BTreeMap<Address, BTreeSet<&'a str>> {
    let entity = kind::entity(object.entity);
    let mut waits: BTreeMap<Address, BTreeSet<&str>> = BTreeMap::new();
    let mut firm = BTreeSet::new();
    for (path, desired) in &object.properties {
        if is_delayed(entity, path) {
            continue;
        }
        let can_wait = desired.coverage != Coverage::OnCreate
            && entity
                .property(path)
                .is_some_and(|property| property.write == Write::Always);
        if desired.value.is_known() {
            continue;
        }
        let unknown = pairs.known(&desired.value);
        each_address(&unknown, &mut |of| {
            if planned(of) {
                let paths = waits.entry(of.clone()).or_default();
                if can_wait {
                    paths.insert(path);
                } else {
                    firm.insert(of.clone());
                }
            }
        });
    }
    if let Some(parent) = &object.parent
        && planned(parent)
    {
        waits.entry(parent.clone()).or_default();
        firm.insert(parent.clone());
    }
    for address in firm {
        waits.insert(address, BTreeSet::new());
    }
    waits
}

fn each_address(value: &Value, visit: &mut dyn FnMut(&Address)) {
    value.each_property(&mut |of, _| visit(of));
}
