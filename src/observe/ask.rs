//! What the tenant is asked, as literal requests.

use crate::address::{Address, ObjectId};
use crate::graph::Request;
use crate::graph::patience::Ground;
use crate::graph::read::{Read, Trail};
use crate::kind::entity::{Addressing, Entity};

/// The largest page of a directory collection: learn.microsoft.com, query parameters.
pub(super) const PAGE: u64 = 999;

/// One question, and what its answer is for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) request: Request,
    /// What it reads, as an error names it.
    pub(super) what: String,
    pub(super) purpose: Purpose,
    pub(super) trail: Trail,
}

/// Which of the names of a desired object is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Key,
    Previously,
}

/// What an answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Organization,
    Total(&'static str),
    /// The one object that a desired object's key addresses.
    One(Address, Slot),
    /// Those that a filter finds for a desired object's key.
    Some(Address, Slot),
    /// A whole collection, in which several desired objects are looked for: the number of the listing.
    Listing(usize),
    /// An object of the last receipt.
    Known(Address),
    /// The object that stands for the application of this id in the tenant.
    Instance(ObjectId),
    /// Objects that belong to another one: the number of the reading.
    Rows(usize),
    Links(ObjectId, &'static str),
    /// The recycle bin's part for an entity.
    Deleted(&'static str),
}

/// Whether an answer is one object, which may not be there, or a list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Object,
    Page,
}

impl Purpose {
    pub(super) fn answer(&self) -> Answer {
        match self {
            Purpose::One(..) | Purpose::Known(_) | Purpose::Instance(_) => Answer::Object,
            Purpose::Organization
            | Purpose::Total(_)
            | Purpose::Some(..)
            | Purpose::Listing(_)
            | Purpose::Rows(_)
            | Purpose::Links(..)
            | Purpose::Deleted(_) => Answer::Page,
        }
    }
}

impl Ask {
    pub(super) fn new(url: String, what: String, purpose: Purpose) -> Ask {
        Ask {
            request: Request::get(url),
            what,
            purpose,
            trail: Trail::default(),
        }
    }

    /// The request, with what 404 would say: what hangs on an object that was seen cannot be absent.
    pub(super) fn read(&self) -> Read {
        let ground = match self.purpose {
            Purpose::Rows(_) | Purpose::Links(..) => Ground::Fresh,
            Purpose::Organization
            | Purpose::Total(_)
            | Purpose::One(..)
            | Purpose::Some(..)
            | Purpose::Listing(_)
            | Purpose::Known(_)
            | Purpose::Instance(_)
            | Purpose::Deleted(_) => Ground::Settled,
        };
        Read {
            request: self.request.clone(),
            ground,
        }
    }
}

/// `$select` with every property of the entity's table.
pub(super) fn select(entity: &Entity) -> String {
    let mut select = String::from("$select=id");
    for property in entity.properties {
        select.push(',');
        select.push_str(property.name);
    }
    select
}

/// One object of a collection, by its id.
pub(super) fn by_id(entity: &Entity, parent: Option<&ObjectId>, id: &ObjectId) -> String {
    let collection = match parent {
        Some(parent) => entity
            .collection
            .replace("{parent}", &encode(parent.as_str())),
        None => entity.collection.to_owned(),
    };
    format!("{collection}/{}?{}", encode(id.as_str()), select(entity))
}

/// One object of a collection, by a property that addresses it.
pub(super) fn by_key(
    entity: &Entity,
    addressing: Addressing,
    property: &str,
    value: &str,
) -> String {
    let collection = entity.collection;
    let select = select(entity);
    match addressing {
        Addressing::Key => format!("{collection}({property}={})?{select}", quote(value)),
        // A name that starts with `$` would be read as a path of its own: learn.microsoft.com, user-get.
        Addressing::Segment if value.starts_with('$') => {
            format!("{collection}({})?{select}", quote(value))
        }
        Addressing::Segment => format!("{collection}/{}?{select}", encode(value)),
    }
}

/// Objects of a collection that have these values.
pub(super) fn by_filter(entity: &Entity, values: &[(String, String)]) -> String {
    let conditions: Vec<String> = values
        .iter()
        .map(|(property, value)| format!("{property}%20eq%20{}", quote(value)))
        .collect();
    let filter = conditions.join("%20and%20");
    format!("{}?$filter={filter}&{}", entity.collection, select(entity))
}

/// Text as OData writes it in a URL: in single quotes, those inside doubled.
fn quote(value: &str) -> String {
    format!("'{}'", encode(&value.replace('\'', "''")))
}

/// Percent-encodes everything that means something in a URL, but for the quote, which OData wants to see.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'\'' | b'@' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind;

    #[test]
    fn keys_are_quoted_and_encoded() {
        let application = kind::entity("application");
        let url = by_key(application, Addressing::Key, "uniqueName", "a b's/ü&c=?#");
        assert!(
            url.starts_with(
                "/applications(uniqueName='a%20b''s%2F%C3%BC%26c%3D%3F%23')?$select=id,api,appId,"
            ),
            "{url}"
        );
    }

    #[test]
    fn a_user_is_addressed_by_name_in_the_place_of_the_id() {
        let user = kind::entity("user");
        assert_eq!(
            by_key(
                user,
                Addressing::Segment,
                "userPrincipalName",
                "ana_x#EXT#@contoso.com"
            ),
            "/users/ana_x%23EXT%23@contoso.com?$select=id,userPrincipalName,displayName"
        );
        assert_eq!(
            by_key(
                user,
                Addressing::Segment,
                "userPrincipalName",
                "$ana@contoso.com"
            ),
            "/users('%24ana@contoso.com')?$select=id,userPrincipalName,displayName"
        );
    }

    #[test]
    fn a_filter_names_every_condition() {
        let values = [
            ("displayName".to_owned(), "O'Neill & Co".to_owned()),
            ("userPrincipalName".to_owned(), "a@b.c".to_owned()),
        ];
        assert_eq!(
            by_filter(kind::entity("user"), &values),
            "/users?$filter=displayName%20eq%20'O''Neill%20%26%20Co'%20and%20userPrincipalName%20eq%20'a@b.c'\
             &$select=id,userPrincipalName,displayName"
        );
    }
}
