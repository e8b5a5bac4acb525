//! From what people write to the objects that they mean.

use std::collections::BTreeMap;

use super::desire::{Declared, Desire, key_of, referred_to};
use super::{KINDS, existing};
use crate::address::{Address, is_guid};
use crate::finding::{self, Finding, Origin};
use crate::graph::facts;
use crate::object::{DesiredObject, Management, Node, Reference, Value};

/// The most names for which a nearest one is looked for: each look goes through every address.
const SUGGESTIONS_MAX: usize = 50;

impl<'a> Desire<'a> {
    /// The directory object that a reference means where a principal or a member is wanted: for an application
    /// that is its service principal.
    pub(super) fn principal(&mut self, node: &Node, from: &mut DesiredObject) -> Option<Address> {
        // What is no address, or one of no kind, was found when the shape of the value was checked.
        let written = Address::parse(node.text()?)?;
        if super::find(written.kind()).is_none() || !written.part_name().is_empty() {
            return None;
        }
        let address = self.find(node)?;
        self.check_existing(node, &address)?;
        let principal = match address.kind() {
            "application" => self.service_principal_of(&address, &node.origin),
            _ => address,
        };
        from.references.push(Reference {
            to: principal.clone(),
            property: "id".to_owned(),
            origin: node.origin.clone(),
        });
        Some(principal)
    }

    /// The object that a reference names, or a finding at the reference.
    pub(super) fn find(&mut self, node: &Node) -> Option<Address> {
        let text = node.text()?;
        let Some(address) = Address::parse(text) else {
            self.unresolved(node, text);
            return None;
        };
        match address.kind() {
            "user" => Some(self.user(&address, &node.origin)),
            "existing" if self.declared.contains_key(&address) => {
                self.existing(&address);
                Some(address)
            }
            "servicePrincipal" if !self.declared.contains_key(&address) => {
                let application = Address::new("application", address.name());
                if self.declared.contains_key(&application) {
                    return Some(application);
                }
                self.unresolved(node, text);
                None
            }
            _ if self.declared.contains_key(&address) => Some(address),
            _ => {
                self.unresolved(node, text);
                None
            }
        }
    }

    /// An application is no principal: its service principal is.
    fn check_existing(&mut self, node: &Node, address: &Address) -> Option<()> {
        if self.existing_type(address) != Some("application") {
            return Some(());
        }
        self.report(Finding::error(
            "IDAC117",
            &node.origin,
            format!(
                "{address} is an application, and only its service principal can be a principal"
            ),
            "declare the service principal: `type: servicePrincipal` with its `appId`",
        ));
        None
    }

    /// What an object is that is declared as existing.
    pub(super) fn existing_type(&self, address: &Address) -> Option<&'a str> {
        if address.kind() != "existing" {
            return None;
        }
        self.declared.get(address)?.document.get("type")?.text()
    }

    fn unresolved(&mut self, node: &Node, text: &str) {
        let elsewhere =
            Address::parse(text).and_then(|address| self.absent.elsewhere.get(&address));
        if let Some(names) = elsewhere {
            self.findings.push(Finding::error(
                "IDAC135",
                &node.origin,
                format!("{text} exists only in {names}"),
                "say `onlyIn` here too, or refer to something that exists in every environment",
            ));
            return;
        }
        if !self.absent.is_known {
            return;
        }
        let finding = Finding::error(
            "IDAC150",
            &node.origin,
            format!("`{text}` is not declared"),
            "declare it, correct the name, or declare `kind: existing` for something that idac only refers to",
        );
        let finding = match self.nearest_to(text) {
            Some(name) => finding.with_label(format!("did you mean `{name}`?")),
            None => finding,
        };
        self.report(finding);
    }

    fn nearest_to(&mut self, text: &str) -> Option<String> {
        if let Some(known) = self.nearest.get(text) {
            return known.clone();
        }
        if self.nearest.len() >= SUGGESTIONS_MAX {
            return None;
        }
        let nearest = match text.split_once('/') {
            Some((kind, _)) if super::find(kind).is_none() => {
                finding::nearest(kind, KINDS.iter().map(|kind| kind.name))
            }
            _ => finding::nearest(text, self.declared.keys().map(Address::as_str)),
        };
        let nearest = nearest.map(str::to_owned);
        self.nearest.insert(text.to_owned(), nearest.clone());
        nearest
    }

    pub(super) fn user(&mut self, address: &Address, origin: &Origin) -> Address {
        let name = address.name().to_lowercase();
        let address = Address::new("user", &name);
        if !self.has(&address) {
            let key = key_of("userPrincipalName", &name);
            self.add(referred_to(&address, "user", key, origin));
        }
        address
    }

    pub(super) fn existing(&mut self, address: &Address) {
        if !self.has(address)
            && let Some(object) = self.declared.get(address)
            && let Some(desired) = existing::referred_to(object)
        {
            self.add(desired);
        }
    }

    /// The service principal of an application, which is desired as soon as something needs it.
    pub(super) fn service_principal_of(
        &mut self,
        application: &Address,
        origin: &Origin,
    ) -> Address {
        let address = application.part("servicePrincipal");
        if !self.has(&address) {
            self.add(super::service_principal::bare(application, origin));
        }
        address
    }

    /// The service principal of an API, from a published name, an appId or an address.
    pub(super) fn resource(&mut self, node: &Node) -> Option<Resource> {
        let text = node.text()?;
        if text.contains('/') {
            return self.declared_resource(node);
        }
        let known = if is_guid(text) {
            facts::well_known_application_by_id(text)
        } else {
            facts::well_known_application(text)
        };
        let (name, app_id, management) = match known {
            Some(known) => (known.name(), known.app_id.to_owned(), Management::Ensured),
            None if is_guid(text) => (text, text.to_ascii_lowercase(), Management::ReferredTo),
            None => {
                self.report(
                    Finding::error(
                        "IDAC151",
                        &node.origin,
                        format!("no published API is called `{text}`"),
                        "write its appId, the address of an application, or a published name such as `Microsoft Graph`",
                    )
                    .with_suggestion(text, facts::well_known_applications().map(|known| known.name())),
                );
                return None;
            }
        };
        if let Some(declared) = self.by_app_id.get(&app_id).cloned() {
            if declared.kind() == "existing" {
                self.existing(&declared);
            }
            return Some(Resource {
                app_id: Value::Text(app_id),
                label: name.to_owned(),
                offers: declared.clone(),
                service_principal: declared,
            });
        }
        let address = Address::new("servicePrincipal", name);
        if !self.has(&address) {
            let mut object = referred_to(
                &address,
                "servicePrincipal",
                key_of("appId", &app_id),
                &node.origin,
            );
            object.management = management;
            self.add(object);
        }
        Some(Resource {
            app_id: Value::Text(app_id),
            label: name.to_owned(),
            offers: address.clone(),
            service_principal: address,
        })
    }

    fn declared_resource(&mut self, node: &Node) -> Option<Resource> {
        let address = self.find(node)?;
        let service_principal = match address.kind() {
            "application" => self.service_principal_of(&address, &node.origin),
            "servicePrincipal" | "existing" => address.clone(),
            kind => {
                self.report(Finding::error(
                    "IDAC151",
                    &node.origin,
                    format!("a {kind} is not an API"),
                    "name an application, a service principal, or something of these types that exists",
                ));
                return None;
            }
        };
        Some(Resource {
            app_id: Value::property(&address, "appId"),
            label: address.to_string(),
            offers: address,
            service_principal,
        })
    }
}

/// Service principals that are declared by their `appId`.
pub(super) fn by_app_id(declared: &Declared) -> BTreeMap<String, Address> {
    let mut by_app_id = BTreeMap::new();
    for object in declared.values() {
        let is_service_principal = match object.address.kind() {
            "servicePrincipal" => true,
            "existing" => {
                object.document.get("type").and_then(Node::text) == Some("servicePrincipal")
            }
            _ => false,
        };
        if let Some(app_id) = object.document.get("appId").and_then(Node::text)
            && is_service_principal
        {
            by_app_id
                .entry(app_id.to_ascii_lowercase())
                .or_insert_with(|| object.address.clone());
        }
    }
    by_app_id
}

/// An API whose permissions are asked for.
pub(super) struct Resource {
    pub(super) app_id: Value,
    /// What people call it.
    pub(super) label: String,
    /// The object whose app roles and permission scopes are meant.
    pub(super) offers: Address,
    pub(super) service_principal: Address,
}
