//! Documents that declare objects: of which kind, under which address.

use std::collections::BTreeMap;

use super::check::{self, Variables};
use super::tree::{Document, Health};
use crate::address::Address;
use crate::finding::Finding;
use crate::kind::{self, Kind};
use crate::object::{Content, DeclaredObject, Node};

/// The documents that were read so far.
pub(super) struct Documents {
    pub(super) objects: BTreeMap<Address, DeclaredObject>,
    pub(super) health: Health,
    /// How many documents declare nothing, for which there are findings.
    pub(super) refused: usize,
}

impl Default for Documents {
    fn default() -> Documents {
        Documents {
            objects: BTreeMap::new(),
            health: Health::Whole,
            refused: 0,
        }
    }
}

/// What one document declares.
pub(super) struct Declared {
    object: Option<DeclaredObject>,
    health: Health,
}

/// Checks a document and gives the object that it declares.
pub(super) fn declared(document: Document, findings: &mut Vec<Finding>) -> Declared {
    let Document { root, health } = document;
    let mut about_kind = Vec::new();
    let kind = kind_of(&root, &mut about_kind);
    if health == Health::Whole {
        findings.append(&mut about_kind);
    }
    let Some(kind) = kind else {
        return Declared {
            object: None,
            health,
        };
    };
    let name = root.get("name");
    let origin = name
        .or(root.get("kind"))
        .map_or_else(|| root.origin.clone(), |node| node.origin.clone());
    if health == Health::Whole {
        let whose = match name.and_then(Node::text) {
            Some(name) => format!("{}/{}", kind.name, check::shortened(name)),
            None => format!("this {}", kind.name),
        };
        check::fields(
            kind.fields,
            &root,
            &whose,
            &origin,
            Variables::Later,
            findings,
        );
    }
    let is_name = |name: &&str| (kind::rule::NAME.check)(name).is_ok();
    let address = name
        .and_then(Node::text)
        .filter(is_name)
        .map(|name| Address::new(kind.name, name));
    let object = address.map(|address| DeclaredObject {
        address,
        document: root,
        origin,
    });
    Declared { object, health }
}

impl Documents {
    /// Keeps what a document declares.
    pub(super) fn take(&mut self, declared: Declared, findings: &mut Vec<Finding>) {
        if declared.health == Health::Broken {
            self.health = Health::Broken;
        }
        match declared.object {
            Some(object) => self.add(object, findings),
            None => self.refused += 1,
        }
    }

    fn add(&mut self, object: DeclaredObject, findings: &mut Vec<Finding>) {
        let origin = object.origin.clone();
        match self.objects.entry(object.address.clone()) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(object);
            }
            std::collections::btree_map::Entry::Occupied(place) => {
                let first = &place.get().origin;
                let label = format!("the first stands at {}:{}", first.file, first.line);
                findings.push(
                    Finding::error(
                        "IDAC122",
                        &origin,
                        format!("{} is declared twice", place.key()),
                        "rename one of the two, or remove it",
                    )
                    .with_label(label),
                );
            }
        }
    }

    /// Holds every `onlyIn` to the environments that there are.
    pub(super) fn check_only_in(&self, environments: &[&str], findings: &mut Vec<Finding>) {
        for object in self.objects.values() {
            let Some(list) = object.document.get("onlyIn") else {
                continue;
            };
            for item in list.items() {
                let Some(name) = item.text() else { continue };
                if environments.contains(&name) {
                    continue;
                }
                findings.push(
                    Finding::error(
                        "IDAC134",
                        &item.origin,
                        format!("no environment is called `{}`", check::shortened(name)),
                        "correct the name, or write environments/<name>.yaml",
                    )
                    .with_suggestion(name, environments.iter().copied()),
                );
            }
        }
    }
}

/// The kind that a document declares.
fn kind_of(root: &Node, findings: &mut Vec<Finding>) -> Option<&'static Kind> {
    if !matches!(root.content, Content::Map(_)) {
        findings.push(Finding::error(
            "IDAC113",
            &root.origin,
            format!("this document is {}, and must be a map", root.describe()),
            "write `kind:` and `name:` and what belongs to them",
        ));
        return None;
    }
    let Some(node) = root.get("kind") else {
        findings.push(
            Finding::error(
                "IDAC114",
                &root.origin,
                "this document has no `kind`".to_owned(),
                &format!("add `kind:` with one of: {}", kind::KIND_NAMES.join(", ")),
            )
            .with_suggestion(
                root.entries().first().map_or("", |entry| &*entry.key),
                ["kind"],
            ),
        );
        return None;
    };
    let Some(text) = node.text() else {
        check::value(
            &kind::COMMON_FIELDS[0].shape,
            node,
            "kind",
            Variables::Refused,
            findings,
        );
        return None;
    };
    let known = kind::find(text);
    match known.map(|kind| kind.documents) {
        Some(kind::Documents::Declared) => known,
        Some(kind::Documents::OnlyReferredTo(remedy)) => {
            findings.push(Finding::error(
                "IDAC121",
                &node.origin,
                format!("a {text} is not declared by this version of idac, only referred to"),
                remedy,
            ));
            None
        }
        None => {
            findings.push(
                Finding::error(
                    "IDAC120",
                    &node.origin,
                    format!("there is no kind `{}`", check::shortened(text)),
                    &format!("write one of: {}", kind::KIND_NAMES.join(", ")),
                )
                .with_suggestion(text, kind::KIND_NAMES.iter().copied()),
            );
            None
        }
    }
}
