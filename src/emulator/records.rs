//! The entries of a tenant with their indexes. All of them change through [`Records::put`], which remembers what
//! was there, so that a request that is refused halfway leaves no trace.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use super::guid::Guid;
use super::past::{Moment, Past};
use super::record::{
    Assignment, Change, Entry, Grant, Key, LinkState, Object, Presence, Properties, Relation, Term,
};

#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    entries: BTreeMap<Key, Arc<Entry>>,
    terms: BTreeSet<(Term, Key)>,
    /// What the current request replaced, oldest first.
    undo: Vec<(Key, Option<Arc<Entry>>)>,
    /// What changed since the changes were last taken.
    dirty: BTreeSet<Key>,
    /// What replicas that lag still show.
    past: Past,
}

impl Records {
    /// Puts an entry, or takes one away.
    pub(crate) fn put(&mut self, key: Key, entry: Option<Entry>) {
        let before = self.set(&key, entry.map(Arc::new));
        self.undo.push((key, before));
    }

    /// Lets replicas that lag go on showing what the current request replaced. Called before [`Records::keep`].
    pub(crate) fn remember(&mut self, now: Moment) {
        self.past.add(&self.undo, now);
    }

    pub(crate) fn past(&self) -> &Past {
        &self.past
    }

    pub(crate) fn past_mut(&mut self) -> &mut Past {
        &mut self.past
    }

    /// Keeps what the current request changed.
    pub(crate) fn keep(&mut self) {
        for (key, _) in self.undo.drain(..) {
            self.dirty.insert(key);
        }
    }

    /// Undoes what the current request changed.
    pub(crate) fn undo(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            self.set(&key, before);
        }
    }

    /// The entries that changed since this was last called, in the order of their keys.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.dirty)
            .into_iter()
            .map(|key| Change {
                entry: self.entries.get(&key).map(|entry| (**entry).clone()),
                key,
            })
            .collect()
    }

    /// Puts an entry that is already recorded elsewhere.
    pub(crate) fn replay(&mut self, change: Change) {
        self.set(&change.key, change.entry.map(Arc::new));
    }

    /// Every entry, in the order of the keys.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.entries.iter().map(|(key, entry)| (key, &**entry))
    }

    pub(crate) fn entry(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key).map(|entry| &**entry)
    }

    pub(crate) fn plain(&self, key: &Key) -> Option<&Properties> {
        match self.entry(key) {
            Some(Entry::Plain(properties)) => Some(properties),
            _ => None,
        }
    }

    /// The object with this id, alive or deleted.
    pub(crate) fn object(&self, id: Guid) -> Option<&Object> {
        match self.entry(&Key::Object(id)) {
            Some(Entry::Object(object)) => Some(object),
            _ => None,
        }
    }

    /// The object with this id if it is alive.
    pub(crate) fn living(&self, id: Guid) -> Option<&Object> {
        self.object(id).filter(|object| object.deleted_ms.is_none())
    }

    pub(crate) fn assignment(&self, id: &str) -> Option<&Assignment> {
        match self.entry(&Key::Assignment(id.to_owned())) {
            Some(Entry::Assignment(assignment)) => Some(assignment),
            _ => None,
        }
    }

    pub(crate) fn grant(&self, id: &str) -> Option<&Grant> {
        match self.entry(&Key::Grant(id.to_owned())) {
            Some(Entry::Grant(grant)) => Some(grant),
            _ => None,
        }
    }

    /// The keys under a term, in order, beginning after `after`.
    pub(crate) fn find<'a>(
        &'a self,
        term: Term,
        after: Option<&Key>,
    ) -> impl Iterator<Item = &'a Key> + use<'a> {
        let start = match after {
            Some(key) => Bound::Excluded((term.clone(), key.clone())),
            None => Bound::Included((term.clone(), Key::Meta)),
        };
        self.terms
            .range((start, Bound::Unbounded))
            .take_while(move |(found, _)| *found == term)
            .map(|(_, key)| key)
    }

    /// The keys whose terms lie between two terms, in the order of the terms.
    pub(crate) fn between(&self, from: Term, to: Term) -> impl Iterator<Item = &(Term, Key)> {
        self.terms.range((from, Key::Meta)..(to, Key::Meta))
    }

    /// The terms from this one on, in their order.
    pub(crate) fn beginning_at(&self, from: Term) -> impl Iterator<Item = &(Term, Key)> {
        self.terms.range((from, Key::Meta)..)
    }

    /// The ids of the objects under a term.
    pub(crate) fn find_objects(&self, term: Term) -> impl Iterator<Item = (Guid, &Object)> {
        self.find(term, None).filter_map(|key| match key {
            Key::Object(id) => self.object(*id).map(|object| (*id, object)),
            _ => None,
        })
    }

    /// The ids that `from` links to, beginning after an id.
    pub(crate) fn links(
        &self,
        from: Guid,
        relation: Relation,
        after: Option<Guid>,
    ) -> impl Iterator<Item = Guid> {
        self.link_states(from, relation, after)
            .filter(|(_, state)| state.presence == Presence::Present)
            .map(|(to, _)| to)
    }

    /// The links of `from` and the memory of those that were removed.
    pub(crate) fn link_states(
        &self,
        from: Guid,
        relation: Relation,
        after: Option<Guid>,
    ) -> impl Iterator<Item = (Guid, LinkState)> {
        let link = |to| Key::Link { from, relation, to };
        let start = match after {
            Some(id) => Bound::Excluded(link(id)),
            None => Bound::Included(link(Guid::ZERO)),
        };
        self.entries
            .range((start, Bound::Included(link(Guid::MAX))))
            .filter_map(|(key, entry)| match (key, &**entry) {
                (Key::Link { to, .. }, Entry::Link(state)) => Some((*to, *state)),
                _ => None,
            })
    }

    pub(crate) fn has_link(&self, from: Guid, relation: Relation, to: Guid) -> bool {
        matches!(
            self.entry(&Key::Link { from, relation, to }),
            Some(Entry::Link(LinkState {
                presence: Presence::Present,
                ..
            }))
        )
    }

    /// Who links to `to`.
    pub(crate) fn linked_from(&self, to: Guid, relation: Relation) -> impl Iterator<Item = Guid> {
        self.find(Term::LinkTo(to, relation), None)
            .filter_map(|key| match key {
                Key::Link { from, .. } => Some(*from),
                _ => None,
            })
    }

    /// The federated identity credentials of an application.
    pub(crate) fn federated(&self, application: Guid) -> impl Iterator<Item = (Guid, &Properties)> {
        let key = |id| Key::Federated { application, id };
        self.entries
            .range(key(Guid::ZERO)..=key(Guid::MAX))
            .filter_map(|(key, entry)| match (key, &**entry) {
                (Key::Federated { id, .. }, Entry::Plain(properties)) => Some((*id, properties)),
                _ => None,
            })
    }

    /// The entries between two keys, both included, beginning after a key.
    pub(crate) fn after(
        &self,
        from: Key,
        to: Key,
        after: Option<&Key>,
    ) -> impl Iterator<Item = (&Key, &Entry)> + use<'_> {
        let start = match after {
            Some(key) if *key >= from => Bound::Excluded(key.min(&to).clone()),
            Some(_) | None => Bound::Included(from),
        };
        self.entries
            .range((start, Bound::Included(to)))
            .map(|(key, entry)| (key, &**entry))
    }

    fn set(&mut self, key: &Key, entry: Option<Arc<Entry>>) -> Option<Arc<Entry>> {
        let before = match &entry {
            Some(entry) => self.entries.insert(key.clone(), Arc::clone(entry)),
            None => self.entries.remove(key),
        };
        if let Some(before) = &before {
            for term in before.terms(key) {
                self.terms.remove(&(term, key.clone()));
            }
        }
        if let Some(entry) = &entry {
            for term in entry.terms(key) {
                self.terms.insert((term, key.clone()));
            }
        }
        before
    }
}
