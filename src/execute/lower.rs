//! From a step to the requests that carry it out: pure, and the same for every entity of `kind`'s table.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value as Json, json};

use super::known::Known;
use crate::address::Address;
use crate::graph::{Method, Request, VERSION_ROOT};
use crate::kind;
use crate::kind::entity::{Creation, Entity};
use crate::object::{Part, Properties};
use crate::plan::{Action, Plan, StepId, Target};

/// The request that a step sends, for people to read: what is known only when it runs stands in angle brackets.
pub fn requests(plan: &Plan, step: StepId) -> Vec<Request> {
    let step = plan.step(step);
    let lower = Lower { names: &Shown };
    let entity = kind::entity(&step.entity);
    let request = match &step.action {
        Action::Create {
            revive: Some(id), ..
        } => Ok(restore(id.as_str())),
        Action::Create {
            properties,
            revive: None,
        } => lower
            .creating(entity, step.parent.as_ref(), properties)
            .map(|creating| creating.request),
        Action::Update { target, will, .. } => {
            lower.updating(entity, step.parent.as_ref(), target, will)
        }
        Action::Delete { target, .. } => lower
            .object(entity, step.parent.as_ref(), target)
            .map(|url| delete(&url)),
        Action::Link { from, relation, to } => {
            lower.tie(entity, from, relation, to).map(|tie| tie.link())
        }
        Action::Unlink { from, relation, to } => lower
            .tie(entity, from, relation, to)
            .map(|tie| tie.unlink()),
    };
    request.into_iter().collect()
}

/// JSON properties of the first level.
pub(super) type Body = Map<String, Json>;

/// Something that a step needs and nobody knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unknown(pub(super) String);

impl fmt::Display for Unknown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is needed and is not known", self.0)
    }
}

/// How things that only the tenant knows are written into a request.
pub(super) trait Names {
    fn property(&self, of: &Address, property: &str) -> Option<String>;
    /// Text as a part of a URL.
    fn encode(&self, text: &str) -> String;
}

/// As the tenant told them.
impl Names for Known {
    fn property(&self, of: &Address, property: &str) -> Option<String> {
        Known::property(self, of, property)
    }

    fn encode(&self, text: &str) -> String {
        percent_encoded(text)
    }
}

/// As people read them.
struct Shown;

impl Names for Shown {
    fn property(&self, of: &Address, property: &str) -> Option<String> {
        Some(format!("<{of}.{property}>"))
    }

    fn encode(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// Lowers with these names.
pub(super) struct Lower<'a> {
    pub(super) names: &'a dyn Names,
}

/// A create, and how to find what it made.
#[derive(Clone, Debug)]
pub(super) struct Creating {
    pub(super) request: Request,
    pub(super) lookup: Lookup,
    /// Where its objects live.
    pub(super) collection: String,
    /// What it is created with, the key included.
    pub(super) properties: Body,
}

/// How an object is found before its id is known.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lookup {
    /// By its alternate key.
    Key { url: String },
    /// In a list, by these properties.
    Listed { url: String, key: Body },
}

/// A link and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Tie {
    /// `/groups/{id}/members`.
    pub(super) relation: String,
    pub(super) to: String,
}

impl Tie {
    pub(super) fn link(&self) -> Request {
        let reference = format!("{VERSION_ROOT}/directoryObjects/{}", self.to);
        Request::new(Method::Post, format!("{}/$ref", self.relation))
            .with_body(json!({ "@odata.id": reference }))
    }

    pub(super) fn unlink(&self) -> Request {
        // Without `/$ref` this would delete the object itself.
        Request::new(
            Method::Delete,
            format!("{}/{}/$ref", self.relation, self.to),
        )
    }
}

/// The request that deletes the object at this URL.
pub(super) fn delete(url: &str) -> Request {
    Request::new(Method::Delete, url)
}

/// The request that sets these properties of the object at this URL.
pub(super) fn patch(url: &str, body: &Body) -> Request {
    Request::new(Method::Patch, url).with_body(Json::Object(body.clone()))
}

/// The request that takes an object out of the recycle bin.
pub(super) fn restore(id: &str) -> Request {
    Request::new(Method::Post, format!("{}/restore", deleted_item(id)))
}

/// Where an object is in the recycle bin.
pub(super) fn deleted_item(id: &str) -> String {
    format!("/directory/deletedItems/{}", percent_encoded(id))
}

impl Lower<'_> {
    pub(super) fn id(&self, target: &Target) -> Result<String, Unknown> {
        match target {
            Target::Existing(id) => Ok(id.as_str().to_owned()),
            Target::Planned(address) => self
                .names
                .property(address, "id")
                .ok_or_else(|| Unknown(format!("{address}.id"))),
        }
    }

    pub(super) fn body(&self, properties: &Properties) -> Result<Body, Unknown> {
        let find = |of: &Address, property: &str| self.names.property(of, property);
        properties
            .iter()
            .map(|(name, value)| {
                let json = value.to_json(&find).map_err(unknown)?;
                Ok((name.clone(), json))
            })
            .collect()
    }

    pub(super) fn collection(
        &self,
        entity: &Entity,
        parent: Option<&Target>,
    ) -> Result<String, Unknown> {
        if !entity.collection.contains("{parent}") {
            return Ok(entity.collection.to_owned());
        }
        let parent =
            parent.ok_or_else(|| Unknown(format!("the object that contains {}", entity.name)))?;
        Ok(entity
            .collection
            .replace("{parent}", &self.names.encode(&self.id(parent)?)))
    }

    pub(super) fn object(
        &self,
        entity: &Entity,
        parent: Option<&Target>,
        target: &Target,
    ) -> Result<String, Unknown> {
        let collection = self.collection(entity, parent)?;
        let id = self.id(target)?;
        Ok(format!("{collection}/{}", self.names.encode(&id)))
    }

    pub(super) fn creating(
        &self,
        entity: &Entity,
        parent: Option<&Target>,
        properties: &Properties,
    ) -> Result<Creating, Unknown> {
        let collection = self.collection(entity, parent)?;
        let properties = self.body(properties)?;
        let (request, lookup) = match entity.creation {
            Creation::Upsert { key } => {
                let value = key_value(entity, &properties, key)?;
                let url = format!("{collection}({key}='{}')", self.quoted(&value));
                let mut body = properties.clone();
                // Graph sets the key from the URL; what it does with another one in the body is not documented.
                body.remove(key);
                let request = patch(&url, &body).with_header("prefer", "create-if-missing");
                (request, Lookup::Key { url })
            }
            Creation::Post { key } => {
                let request = Request::new(Method::Post, collection.clone())
                    .with_body(Json::Object(properties.clone()));
                let lookup = self.listed(entity, &collection, key, &properties)?;
                (request, lookup)
            }
            Creation::Never => {
                return Err(Unknown(format!("a way to create {}", entity.name)));
            }
        };
        Ok(Creating {
            request,
            lookup,
            collection,
            properties,
        })
    }

    pub(super) fn tie(
        &self,
        entity: &Entity,
        from: &Target,
        relation: &str,
        to: &Target,
    ) -> Result<Tie, Unknown> {
        let object = self.object(entity, None, from)?;
        Ok(Tie {
            relation: format!("{object}/{relation}"),
            to: self.names.encode(&self.id(to)?),
        })
    }

    fn updating(
        &self,
        entity: &Entity,
        parent: Option<&Target>,
        target: &Target,
        will: &Properties,
    ) -> Result<Request, Unknown> {
        Ok(patch(
            &self.object(entity, parent, target)?,
            &self.body(will)?,
        ))
    }

    /// What lives below another object is listed whole, since Graph hardly filters there; other collections are
    /// filtered by their key.
    fn listed(
        &self,
        entity: &Entity,
        collection: &str,
        key: &[&str],
        properties: &Body,
    ) -> Result<Lookup, Unknown> {
        let mut values = Body::new();
        let mut conditions = Vec::new();
        for name in key {
            let value = key_value(entity, properties, name)?;
            conditions.push(format!("{name}%20eq%20'{}'", self.quoted(&value)));
            values.insert((*name).to_owned(), Json::from(value));
        }
        let url = match entity.collection.contains("{parent}") {
            true => format!("{collection}?$top=999"),
            false => format!("{collection}?$filter={}", conditions.join("%20and%20")),
        };
        Ok(Lookup::Listed { url, key: values })
    }

    fn quoted(&self, text: &str) -> String {
        self.names.encode(&text.replace('\'', "''"))
    }
}

fn key_value(entity: &Entity, properties: &Body, key: &str) -> Result<String, Unknown> {
    properties
        .get(key)
        .and_then(Json::as_str)
        .map(str::to_owned)
        .ok_or_else(|| Unknown(format!("{key} of a new {}", entity.name)))
}

fn unknown(part: &Part) -> Unknown {
    match part {
        Part::Text(text) => Unknown(text.clone()),
        Part::Property { of, property } => Unknown(format!("{of}.{property}")),
    }
}

/// Percent-encoding of everything but RFC 3986's unreserved characters and the quote of OData.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'\'' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The members of `body` that these names list: what of an object is compared.
pub(super) fn names_of(body: &Body) -> String {
    let names: BTreeSet<&str> = body.keys().map(String::as_str).collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Name, ObjectId, TenantId};
    use crate::digest::Digest;
    use crate::object::{ObservedObject, Value};
    use crate::plan::{Basis, Inverse, Reason, Risk, Step};

    const APP: &str = "aaaaaaaa-0000-4000-8000-000000000001";

    fn shown(entity: &str, parent: Option<Target>, action: Action) -> String {
        let plan = Plan {
            basis: Basis {
                tenant: TenantId::new("t"),
                environment: Name::new("sandbox"),
                declaration: Digest::of(&1),
                snapshot: Digest::of(&2),
                observed: Default::default(),
                version: "0".to_owned(),
            },
            steps: vec![Step {
                id: StepId(1),
                subject: Address::new("application", "x"),
                entity: entity.to_owned(),
                parent,
                action,
                inverse: Inverse::Irreversible(String::new()),
                after: Default::default(),
                lane: None,
                reason: Reason::Declared,
                risk: Risk::None,
            }],
            left_alone: Vec::new(),
            objects: Default::default(),
        };
        requests(&plan, StepId(1))
            .iter()
            .map(|request| {
                let body = request.body.as_ref().map(|body| format!(" {body}"));
                let prefer = request
                    .headers
                    .get("prefer")
                    .map(|prefer| format!(" [{prefer}]"));
                format!(
                    "{} {}{}{}",
                    request.method.as_str(),
                    request.url,
                    prefer.unwrap_or_default(),
                    body.unwrap_or_default()
                )
            })
            .collect()
    }

    fn properties(of: &[(&str, Value)]) -> Properties {
        of.iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    fn existing(id: &str) -> Target {
        Target::Existing(ObjectId::new(id))
    }

    #[test]
    fn an_application_is_created_by_its_unique_name_which_is_not_in_the_body() {
        let create = Action::Create {
            properties: properties(&[
                ("displayName", Value::text("Payments")),
                ("uniqueName", Value::text("acme-payments")),
            ]),
            revive: None,
        };
        assert_eq!(
            shown("application", None, create),
            r#"PATCH /applications(uniqueName='acme-payments') [create-if-missing] {"displayName":"Payments"}"#
        );
    }

    #[test]
    fn what_is_known_later_stands_in_angle_brackets() {
        let application = Address::new("application", "x");
        let create = Action::Create {
            properties: properties(&[("appId", Value::property(&application, "appId"))]),
            revive: None,
        };
        assert_eq!(
            shown("servicePrincipal", None, create),
            "PATCH /servicePrincipals(appId='<application/x.appId>') [create-if-missing] {}"
        );
        let credential = Action::Create {
            properties: properties(&[
                ("issuer", Value::text("https://i")),
                ("name", Value::text("ci")),
            ]),
            revive: None,
        };
        assert_eq!(
            shown(
                "federatedIdentityCredential",
                Some(Target::Planned(application)),
                credential
            ),
            "PATCH /applications/<application/x.id>/federatedIdentityCredentials(name='ci') [create-if-missing] {\"issuer\":\"https://i\"}"
        );
    }

    #[test]
    fn what_has_no_alternate_key_is_posted() {
        let assignment = Action::Create {
            properties: properties(&[
                ("appRoleId", Value::text("r")),
                ("principalId", Value::text("p")),
                ("resourceId", Value::text("s")),
            ]),
            revive: None,
        };
        assert_eq!(
            shown("appRoleAssignment", Some(existing("s")), assignment),
            r#"POST /servicePrincipals/s/appRoleAssignedTo {"appRoleId":"r","principalId":"p","resourceId":"s"}"#
        );
    }

    #[test]
    fn the_other_actions_are_one_request_each() {
        let revive = Action::Create {
            properties: Properties::new(),
            revive: Some(ObjectId::new(APP)),
        };
        let update = Action::Update {
            target: existing(APP),
            was: properties(&[("notes", Value::text("old"))]),
            will: properties(&[("notes", Value::Null)]),
        };
        let delete = Action::Delete {
            target: existing("AbC_1"),
            was: ObservedObject {
                entity: "appRoleAssignment".to_owned(),
                id: ObjectId::new("AbC_1"),
                parent: None,
                properties: Properties::new(),
                links: Default::default(),
            },
        };
        let tie = |make: fn(Target, String, Target) -> Action| {
            make(existing("g"), "members".to_owned(), existing("m"))
        };
        let link = tie(|from, relation, to| Action::Link { from, relation, to });
        let unlink = tie(|from, relation, to| Action::Unlink { from, relation, to });
        for (entity, parent, action, expected) in [
            (
                "application",
                None,
                revive,
                format!("POST /directory/deletedItems/{APP}/restore"),
            ),
            (
                "application",
                None,
                update,
                format!("PATCH /applications/{APP} {{\"notes\":null}}"),
            ),
            (
                "appRoleAssignment",
                Some(existing("s")),
                delete,
                "DELETE /servicePrincipals/s/appRoleAssignedTo/AbC_1".to_owned(),
            ),
            (
                "group",
                None,
                link,
                "POST /groups/g/members/$ref {\"@odata.id\":\"https://graph.microsoft.com/v1.0/directoryObjects/m\"}"
                    .to_owned(),
            ),
            (
                "group",
                None,
                unlink,
                "DELETE /groups/g/members/m/$ref".to_owned(),
            ),
        ] {
            assert_eq!(shown(entity, parent, action), expected);
        }
    }

    #[test]
    fn a_key_is_written_as_odata_and_urls_want_it() {
        let mut known = Known::default();
        let x = Address::new("application", "x");
        known.learn(&x, Some(&ObjectId::new(APP)), &Default::default());
        let lower = Lower { names: &known };
        let creating = lower
            .creating(
                kind::entity("group"),
                None,
                &properties(&[("uniqueName", Value::text("o'neill & co/é"))]),
            )
            .expect("everything is known");
        assert_eq!(
            creating.request.url,
            "/groups(uniqueName='o''neill%20%26%20co%2F%C3%A9')"
        );
        let grant = lower
            .creating(
                kind::entity("oAuth2PermissionGrant"),
                None,
                &properties(&[
                    ("clientId", Value::property(&x, "id")),
                    ("consentType", Value::text("AllPrincipals")),
                    ("resourceId", Value::text("r")),
                ]),
            )
            .expect("everything is known");
        let Lookup::Listed { url, .. } = grant.lookup else {
            panic!("bug: grants have no alternate key")
        };
        assert_eq!(
            url,
            format!(
                "/oauth2PermissionGrants?$filter=clientId%20eq%20'{APP}'%20and%20resourceId%20eq%20'r'%20and%20consentType%20eq%20'AllPrincipals'"
            )
        );
        let early = lower.id(&Target::Planned(Address::new("group", "later")));
        assert_eq!(early, Err(Unknown("group/later.id".to_owned())));
    }

    #[test]
    fn no_id_leads_to_another_url() {
        let known = Known::default();
        let lower = Lower { names: &known };
        let bad = existing("a/../b?c#d/$ref");
        let encoded = "a%2F..%2Fb%3Fc%23d%2F%24ref";
        let group = kind::entity("group");
        assert_eq!(
            lower.object(group, None, &bad),
            Ok(format!("/groups/{encoded}"))
        );
        let credential = kind::entity("federatedIdentityCredential");
        assert_eq!(
            lower.collection(credential, Some(&bad)),
            Ok(format!(
                "/applications/{encoded}/federatedIdentityCredentials"
            ))
        );
        let tie = lower.tie(group, &bad, "members", &bad);
        assert_eq!(
            tie.expect("ids are known").unlink().url,
            format!("/groups/{encoded}/members/{encoded}/$ref")
        );
        assert_eq!(
            restore("a/../b").url,
            "/directory/deletedItems/a%2F..%2Fb/restore"
        );
    }
}
