//! The builder: says what to ask next and puts the answers together. It never speaks to anybody.
//!
//! What can be asked depends on what was answered: a service principal's key is the `appId` of its application, an
//! assignment's is two ids. So every round asks whatever its answers made possible. When nothing desired is left to
//! ask, the builder looks at what hangs on it (`quiet`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::answer;
use super::ask::{Ask, PAGE, Purpose};
use super::quiet::Quiet;
use super::rows::Rows;
use super::search::Searches;
use super::{ObserveError, Scope, Snapshot};
use crate::address::{Address, ObjectId, TenantId};
use crate::kind;
use crate::kind::entity::{Creation, Entity};
use crate::object::{DesiredObject, ObservedObject, Value};

/// What is known so far, and what was asked.
pub(super) struct Builder<'a> {
    pub(super) scope: Scope<'a>,
    tenant: Option<(TenantId, Vec<String>)>,
    pub(super) totals: BTreeMap<String, u64>,
    pub(super) objects: BTreeMap<ObjectId, ObservedObject>,
    pub(super) deleted: BTreeMap<ObjectId, ObservedObject>,
    types: BTreeMap<ObjectId, String>,
    pub(super) searches: Searches<'a>,
    pub(super) rows: Rows<'a>,
    links_asked: BTreeSet<(ObjectId, &'static str)>,
    /// Those with relations or sets, which are read once their own id is known.
    owners: Vec<&'a DesiredObject>,
    pub(super) quiet: Quiet<'a>,
    round: Round,
    in_flight: usize,
    news: News,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    First,
    Later,
}

/// Whether something was answered that can make more questions possible.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    Fresh,
    None,
}

impl<'a> Builder<'a> {
    pub(super) fn new(scope: &Scope<'a>) -> Builder<'a> {
        let owners = scope
            .desired
            .values()
            .filter(|desired| !desired.sets.is_empty() || !desired.relations.is_empty())
            .collect();
        Builder {
            scope: *scope,
            tenant: None,
            totals: BTreeMap::new(),
            objects: BTreeMap::new(),
            deleted: BTreeMap::new(),
            types: BTreeMap::new(),
            searches: Searches::new(scope),
            rows: Rows::new(scope),
            links_asked: BTreeSet::new(),
            owners,
            quiet: Quiet::new(scope),
            round: Round::First,
            in_flight: 0,
            news: News::Fresh,
        }
    }

    /// What can be asked now and was not asked before. Nothing, with nothing in flight, means that all is known.
    pub(super) fn next(&mut self) -> Vec<Ask> {
        if self.news == News::None {
            return Vec::new();
        }
        self.news = News::None;
        let mut asks = match self.round {
            Round::First => tenant_asks(),
            Round::Later => Vec::new(),
        };
        self.find_due();
        // How to look for many depends on how many there are in all.
        let is_waiting_for_totals = self.round == Round::First && self.has_many_due();
        self.round = Round::Later;
        if !is_waiting_for_totals {
            asks.extend(self.search_asks());
            asks.extend(self.owner_asks());
            asks.extend(self.loose_asks());
        }
        if asks.is_empty() && self.in_flight == 0 {
            asks = self.quiet_asks();
        }
        self.in_flight += asks.len();
        asks
    }

    /// Takes one entry of an answer, or says what is wrong with it.
    pub(super) fn take(
        &mut self,
        purpose: &Purpose,
        entry: &Map<String, Json>,
    ) -> Result<(), String> {
        match purpose {
            Purpose::Organization => self.tenant = Some(answer::organization(entry)?),
            Purpose::Total(_) => {}
            Purpose::One(address, slot) => {
                let object = answer::object(self.searches.entity(address), entry)?;
                self.searches.matched(address, *slot, &object.id);
                self.insert(object);
            }
            Purpose::Some(address, slot) => self.take_filtered(address, *slot, entry)?,
            Purpose::Listing(number) => self.take_listed(*number, entry)?,
            Purpose::Known(address) => self.take_known(address, entry)?,
            Purpose::Instance(of) => self.take_instance(of, entry)?,
            Purpose::Rows(number) => self.rows.take(*number, entry)?,
            Purpose::Links(owner, relation) => self.take_link(owner, relation, entry)?,
            Purpose::Deleted(entity) => self.take_deleted(entity, entry)?,
        }
        Ok(())
    }

    /// The answer, with all its pages, is in.
    pub(super) fn done(&mut self, purpose: &Purpose) {
        self.in_flight -= 1;
        self.news = News::Fresh;
        match purpose {
            Purpose::Organization | Purpose::Total(_) | Purpose::Links(..) => {}
            Purpose::One(address, slot) | Purpose::Some(address, slot) => {
                self.searches.done(address, *slot);
            }
            Purpose::Listing(number) => self.searches.done_listing(*number),
            Purpose::Known(address) => self.quiet.done_known(address),
            Purpose::Instance(of) => self.quiet.done_instance(of),
            Purpose::Rows(number) => self.rows.done(*number),
            Purpose::Deleted(_) => {}
        }
    }

    /// How many objects of the entity the tenant has.
    pub(super) fn take_total(&mut self, entity: &'static str, count: Option<u64>) {
        if let Some(count) = count {
            self.totals.insert(entity.to_owned(), count);
        }
        self.done(&Purpose::Total(entity));
    }

    /// Everything that was seen.
    pub(super) fn finish(mut self) -> Result<Snapshot, ObserveError> {
        self.keep_rows();
        let Some((tenant, domains)) = self.tenant else {
            return Err(ObserveError::Malformed {
                what: TENANT.to_owned(),
                why: "it names no organization".to_owned(),
            });
        };
        Ok(Snapshot {
            tenant,
            domains,
            objects: self.objects,
            deleted: self.deleted,
            types: self.types,
            totals: self.totals,
        })
    }

    /// The id of the one object of the tenant that a desired object is, as far as is known: by its key, by the last
    /// receipt, by the key that it had before.
    pub(super) fn found(&self, address: &Address) -> Option<ObjectId> {
        let key = self.searches.key(address)?;
        let known = self.scope.known.get(address);
        let is_known_seen = |id: &ObjectId| {
            let entity = self.searches.entity(address).name;
            self.objects
                .get(id)
                .is_some_and(|object| object.entity == entity)
        };
        match key.outcome() {
            Some([id]) => return Some(id.clone()),
            Some([]) => {}
            // More than one object: `plan` says so; nothing can be asked of it.
            Some(_) => return None,
            None => {
                let id = &known?.id;
                return is_known_seen(id).then(|| id.clone());
            }
        }
        if let Some(known) = known {
            if is_known_seen(&known.id) {
                return Some(known.id.clone());
            }
            if !self.quiet.is_known_done(address) {
                return None;
            }
        }
        match self.searches.previously(address)?.outcome() {
            Some([id]) => Some(id.clone()),
            Some(_) | None => None,
        }
    }

    /// A property of an object of the tenant, as templates name it; of one in the recycle bin when no other is
    /// there.
    pub(super) fn fill(&self, of: &Address, property: &str) -> Option<String> {
        if of.as_str() == THIS_TENANT {
            let (tenant, domains) = self.tenant.as_ref()?;
            return match property {
                "id" => Some(tenant.to_string()),
                "domain" => domains.first().cloned(),
                _ => None,
            };
        }
        let object = match self.found(of) {
            Some(id) => self.objects.get(&id)?,
            None => self.deleted.get(self.quiet.revivable(of)?)?,
        };
        if property == "id" {
            return Some(object.id.to_string());
        }
        let Some((list, value)) = property
            .strip_suffix(']')
            .and_then(|item| item.split_once('['))
        else {
            return object.text(property).map(str::to_owned);
        };
        let item = object
            .properties
            .get(list)?
            .items()
            .iter()
            .find(|item| item.get("value").and_then(Value::as_text) == Some(value))?;
        item.get("id").and_then(Value::as_text).map(str::to_owned)
    }

    /// Keeps an object; what is known of its links stays.
    pub(super) fn insert(&mut self, mut object: ObservedObject) {
        if let Some(before) = self.objects.get_mut(&object.id) {
            object.links = std::mem::take(&mut before.links);
        }
        self.objects.insert(object.id.clone(), object);
    }

    /// Reads the relations of this name, once.
    pub(super) fn link_ask(
        &mut self,
        entity: &Entity,
        id: &ObjectId,
        relation: &'static str,
    ) -> Option<Ask> {
        if !self.links_asked.insert((id.clone(), relation)) {
            return None;
        }
        let links = &mut self.objects.get_mut(id)?.links;
        links.insert(relation.to_owned(), BTreeSet::new());
        Some(Ask::new(
            format!(
                "{}/{id}/{relation}?$select=id&$top={PAGE}",
                entity.collection
            ),
            format!("the {relation} of {} {id}", entity.name),
            Purpose::Links(id.clone(), relation),
        ))
    }

    /// The relations and sets that are desired of objects whose id became known.
    fn owner_asks(&mut self) -> Vec<Ask> {
        let mut asks = Vec::new();
        let mut waiting = Vec::new();
        for desired in std::mem::take(&mut self.owners) {
            let Some(id) = self.found(&desired.address) else {
                waiting.push(desired);
                continue;
            };
            let entity = kind::entity(desired.entity);
            for name in desired.relations.keys() {
                if let Some(relation) = entity.relation(name) {
                    asks.extend(self.link_ask(entity, &id, relation.name));
                }
            }
            for set in &desired.sets {
                let of = kind::entity(set.entity);
                let read = of.sets.iter().find(|read| read.by == set.by);
                if let Some(read) = read {
                    asks.extend(self.rows.set_ask(of, read, &id, set.only.clone()));
                }
            }
        }
        self.owners = waiting;
        asks
    }

    fn take_link(
        &mut self,
        owner: &ObjectId,
        relation: &str,
        entry: &Map<String, Json>,
    ) -> Result<(), String> {
        let id = answer::id(entry)?;
        if let Some(entity) = answer::odata_type(entry) {
            self.types.insert(id.clone(), entity.to_owned());
        }
        if let Some(links) = self
            .objects
            .get_mut(owner)
            .and_then(|object| object.links.get_mut(relation))
        {
            links.insert(id);
        }
        Ok(())
    }
}

/// The address of what templates call `tenant`.
const THIS_TENANT: &str = "tenant/this";
/// What errors call the tenant's own description.
const TENANT: &str = "the tenant";

/// Who the tenant is, and how much is in it.
fn tenant_asks() -> Vec<Ask> {
    let organization = Ask::new(
        "/organization?$select=id,verifiedDomains".to_owned(),
        TENANT.to_owned(),
        Purpose::Organization,
    );
    let totals = kind::ENTITIES.iter().filter_map(|entity| {
        let Creation::Upsert { .. } = entity.creation else {
            return None;
        };
        (!entity.collection.contains("{parent}")).then(|| {
            let url = format!("{}?$count=true&$top=1&$select=id", entity.collection);
            let what = format!("how many objects {} has", entity.collection);
            let mut ask = Ask::new(url, what, Purpose::Total(entity.name));
            // Without it `$count` is ignored: learn.microsoft.com, advanced queries.
            ask.request = ask.request.with_header("ConsistencyLevel", "eventual");
            ask
        })
    });
    std::iter::once(organization).chain(totals).collect()
}
