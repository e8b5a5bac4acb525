//! Draws a declaration, and what people make of it next.

use serde_json::json;

use super::dice::Dice;
use super::repair::repair;
use super::root::{Root, is_exact, kind_of, name_of};
use super::surroundings::Surroundings;
use super::write::{ASSIGNABLE, NAMES, RULED, Writer};

const GROUPS: [&str; 5] = ["staff", "admins", "sales", "devs", "night-shift"];

/// The first declaration.
pub(crate) fn first(around: &Surroundings, dice: &mut Dice) -> Root {
    let mut root = Root::default();
    let applications = dice.between(1, 4);
    add(&mut root, "application", &NAMES, applications, around, dice);
    let groups = dice.between(0, 3);
    add(&mut root, "group", &GROUPS, groups, around, dice);
    let foreign = dice.between(0, 1);
    add(
        &mut root,
        "servicePrincipal",
        &["x", "xy", "xyz"],
        foreign,
        around,
        dice,
    );
    around.introduce(&mut root, dice);
    let assignments = dice.between(0, 2);
    add(
        &mut root,
        "directoryRoleAssignment",
        &["first", "second", "third"],
        assignments,
        around,
        dice,
    );
    // Once more, now that everything has a name that the others can say.
    rewrite(&mut root, around, dice, 70);
    repair(&mut root);
    root
}

/// What people make of a declaration. `graveyard` has what they removed before: some of it comes back.
pub(crate) fn next(root: &Root, graveyard: &Root, around: &Surroundings, dice: &mut Dice) -> Root {
    let mut root = root.clone();
    for document in root.documents.values_mut() {
        if let Some(document) = document.as_object_mut() {
            document.remove("previously");
        }
    }
    for address in root.documents.keys().cloned().collect::<Vec<_>>() {
        match dice.below(100) {
            0..12 => {
                root.documents.remove(&address);
            }
            12..26 => rename(&mut root, &address, dice),
            _ => {}
        }
    }
    for (address, document) in &graveyard.documents {
        if !root.documents.contains_key(address) && dice.falls(60) {
            root.documents.insert(address.clone(), document.clone());
        }
    }
    for (kind, names, most) in [
        ("application", &NAMES[..], 1),
        ("group", &GROUPS[..], 1),
        ("servicePrincipal", &["x", "xy", "xyz"][..], 1),
        (
            "directoryRoleAssignment",
            &["first", "second", "third"][..],
            1,
        ),
    ] {
        let count = dice.between(0, most);
        add(&mut root, kind, names, count, around, dice);
    }
    rewrite(&mut root, around, dice, 60);
    if dice.falls(25) {
        exchange_uris(&mut root, dice);
    }
    if root.documents.values().all(|it| it["kind"] == "existing") {
        add(&mut root, "group", &GROUPS, 1, around, dice);
    }
    repair(&mut root);
    root
}

fn add(
    root: &mut Root,
    kind: &str,
    names: &[&str],
    count: usize,
    around: &Surroundings,
    dice: &mut Dice,
) {
    for _ in 0..count {
        let address = format!("{kind}/{}", dice.one(names));
        if root.documents.contains_key(&address) {
            continue;
        }
        let document = Writer { dice, root, around }.document(&address);
        root.documents.insert(address, document);
    }
}

fn rewrite(root: &mut Root, around: &Surroundings, dice: &mut Dice, percent: usize) {
    for address in root.documents.keys().cloned().collect::<Vec<_>>() {
        if !dice.falls(percent) || kind_of(&address) == "existing" {
            continue;
        }
        let mut document = root.documents[&address].clone();
        Writer { dice, root, around }.rewrite(&address, &mut document);
        root.documents.insert(address, document);
    }
}

/// Gives an object another name; everybody who names it says the new one.
fn rename(root: &mut Root, address: &str, dice: &mut Dice) {
    let kind = kind_of(address);
    let names: &[&str] = match kind {
        "application" => &NAMES,
        "group" => &GROUPS,
        _ => return,
    };
    let new = *dice.one(names);
    // What a group was made for it stays.
    let made_for = |name: &str| (RULED.contains(&name), name == ASSIGNABLE);
    if kind == "group" && made_for(new) != made_for(name_of(address)) {
        return;
    }
    let to = format!("{kind}/{new}");
    if root.documents.contains_key(&to)
        || root.adopt.contains_key(address)
        || root.adopt.contains_key(&to)
    {
        return;
    }
    let Some(mut document) = root.documents.remove(address) else {
        return;
    };
    document["name"] = json!(new);
    if dice.falls(80) {
        document["previously"] = json!(name_of(address));
    } else if let Some(document) = document.as_object_mut() {
        // It is another object: what only one can have stays with the one that goes, or that somebody declares anew.
        document.remove("identifierUris");
    }
    root.documents.insert(to.clone(), document);
    for document in root.documents.values_mut() {
        let text = document.to_string();
        let renamed = text
            .replace(&format!("\"{address}\""), &format!("\"{to}\""))
            .replace(&format!("${{{address}."), &format!("${{{to}."));
        *document = serde_json::from_str(&renamed).expect("it was JSON before");
    }
}

/// Gives the identifier URIs of two applications to one another.
fn exchange_uris(root: &mut Root, dice: &mut Dice) {
    let has = |address: &String| {
        root.documents[address]
            .get("identifierUris")
            .is_some_and(is_exact)
    };
    let mut addresses: Vec<String> = root
        .of_kind("application")
        .into_iter()
        .filter(has)
        .collect();
    dice.shuffle(&mut addresses);
    if let [one, other, ..] = addresses.as_slice() {
        let uris = [one, other].map(|address| root.documents[address]["identifierUris"].clone());
        for (address, uris) in [other, one].into_iter().zip(uris) {
            if let Some(document) = root.documents.get_mut(address) {
                document["identifierUris"] = uris;
            }
        }
    }
}
