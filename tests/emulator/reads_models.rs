//! Pages and delta rounds against a model, for random tenants.

use std::collections::{BTreeMap, BTreeSet};

use idac::emulator::Tenant;
use idac::graph::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::reads_harness::*;

/// What is done to one of a few groups.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Describe(usize, u8),
    AddMember(usize, usize),
    RemoveMember(usize, usize),
    Delete(usize),
    Restore(usize),
    Purge(usize),
    Create,
}

const GROUPS: usize = 5;

fn deed() -> impl Strategy<Value = Deed> {
    let one = 0..GROUPS;
    prop_oneof![
        (one.clone(), any::<u8>()).prop_map(|(group, text)| Deed::Describe(group, text)),
        (one.clone(), one.clone()).prop_map(|(from, to)| Deed::AddMember(from, to)),
        (one.clone(), one.clone()).prop_map(|(from, to)| Deed::RemoveMember(from, to)),
        one.clone().prop_map(Deed::Delete),
        one.clone().prop_map(Deed::Restore),
        one.prop_map(Deed::Purge),
        Just(Deed::Create),
    ]
}

/// Does it if the tenant lets it; a refusal changes nothing.
fn act(tenant: &mut Tenant, deed: Deed) {
    let group = |number: usize| format!("/groups/{}", guid(number));
    let bin = |number: usize| format!("/directory/deletedItems/{}", guid(number));
    match deed {
        Deed::Describe(at, text) => {
            let body = json!({"description": text.to_string()});
            send(tenant, Method::Patch, &group(at), body);
        }
        Deed::AddMember(from, to) => {
            let url = format!("{}/members/$ref", group(from));
            send(tenant, Method::Post, &url, reference(&guid(to)));
        }
        Deed::RemoveMember(from, to) => {
            remove(
                tenant,
                &format!("{}/members/{}/$ref", group(from), guid(to)),
            );
        }
        Deed::Delete(at) => {
            remove(tenant, &group(at));
        }
        Deed::Restore(at) => {
            send(
                tenant,
                Method::Post,
                &format!("{}/restore", bin(at)),
                json!({}),
            );
        }
        Deed::Purge(at) => {
            remove(tenant, &bin(at));
        }
        Deed::Create => {
            make(tenant, "/groups", group_body("new"));
        }
    }
}

/// What a client knows of a group: its description and its members.
type Known = BTreeMap<String, (Value, BTreeSet<String>)>;

/// Applies one round to what a client knows; gives the delta link.
fn follow(tenant: &mut Tenant, known: &mut Known, link: &str) -> String {
    let mut link = link.to_owned();
    loop {
        let page = read(tenant, &link);
        for told in page["value"].as_array().expect("a list") {
            let id = told["id"].as_str().expect("an id").to_owned();
            if told.get("@removed").is_some() {
                known.remove(&id);
                continue;
            }
            let (description, members) = known.entry(id).or_default();
            if let Some(told) = told.get("description") {
                *description = told.clone();
            }
            for member in told["members@delta"].as_array().into_iter().flatten() {
                let id = member["id"].as_str().expect("an id").to_owned();
                match member.get("@removed") {
                    Some(_) => members.remove(&id),
                    None => members.insert(id),
                };
            }
        }
        if let Some(state) = page["@odata.deltaLink"].as_str() {
            return state.to_owned();
        }
        page["@odata.nextLink"]
            .as_str()
            .expect("a link")
            .clone_into(&mut link);
    }
}

/// What lists say.
fn listed(tenant: &mut Tenant) -> Known {
    let mut known = Known::new();
    for id in walk(tenant, "/groups").0 {
        let group = read(tenant, &format!("/groups/{id}"));
        let members = walk(tenant, &format!("/groups/{id}/members")).0;
        known.insert(
            id,
            (group["description"].clone(), members.into_iter().collect()),
        );
    }
    known
}

/// Lists do not show deleted members; delta queries tell of them by their own deletion.
fn without_dead_members(known: &Known) -> Known {
    let living: BTreeSet<&String> = known.keys().collect();
    known
        .iter()
        .map(|(id, (description, members))| {
            let members = members.iter().filter(|id| living.contains(id)).cloned();
            (id.clone(), (description.clone(), members.collect()))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn all_pages_together_are_the_whole_collection(
        numbers in prop::collection::btree_set(0usize..500, 0..40),
        top in 1usize..30,
        gone in prop::collection::btree_set(0usize..500, 0..200),
    ) {
        let mut tenant = sample();
        for number in &numbers {
            plant(&mut tenant, "groups", *number, &format!("g{}", number % 7));
        }
        for number in numbers.intersection(&gone) {
            remove(&mut tenant, &format!("/groups/{}", guid(*number)));
        }
        let model: Vec<usize> = numbers.difference(&gone).copied().collect();
        let expected: Vec<String> = model.iter().copied().map(guid).collect();
        let (ids, sizes) = walk(&mut tenant, &format!("/groups?$top={top}"));
        prop_assert_eq!(&ids, &expected);
        prop_assert!(sizes.iter().all(|size| *size <= top));
        let (mut sorted, _) = walk(&mut tenant, &format!("/groups?$top={top}&$orderby=displayName"));
        sorted.sort();
        prop_assert_eq!(&sorted, &expected);
        let filtered: Vec<String> = model.iter().filter(|number| **number % 7 == 3).copied().map(guid).collect();
        let (ids, _) = walk(&mut tenant, &format!("/groups?$top={top}&$filter=displayName eq 'g3'"));
        prop_assert_eq!(&ids, &filtered);
        let (ids, _) = walk(&mut tenant, &format!("/groups?$top={top}&$filter=startswith(displayName,'g3') and mailEnabled eq false"));
        prop_assert_eq!(&ids, &filtered);
    }

    #[test]
    fn what_a_round_tells_makes_the_old_set_the_new_set(
        rounds in prop::collection::vec(prop::collection::vec(deed(), 0..12), 1..5),
    ) {
        let mut tenant = with_groups(GROUPS);
        let mut known = Known::new();
        let start = "/groups/delta?$select=description,members".to_owned();
        let mut states = vec![(known.clone(), start)];
        for deeds in rounds {
            for deed in deeds {
                act(&mut tenant, deed);
            }
            let (_, link) = states.last().expect("a state").clone();
            let link = follow(&mut tenant, &mut known, &link);
            prop_assert_eq!(without_dead_members(&known), listed(&mut tenant));
            states.push((known.clone(), link));
        }
        for (mut old, link) in states {
            follow(&mut tenant, &mut old, &link);
            prop_assert_eq!(without_dead_members(&old), listed(&mut tenant), "from any earlier token");
        }
    }
}
