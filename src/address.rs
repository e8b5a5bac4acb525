//! What things are called: by us (`Address`), by Graph (`ObjectId`, `AppId`, `TenantId`), by people (`Name`).

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Our name of one object: `kind/name`, or below it a part that has no name of its own in the root
/// (`application/payments-api/servicePrincipal`). Cheap to copy; ordered by text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(Arc<str>);

impl Address {
    /// The address of a declared object.
    pub fn new(kind: &str, name: &str) -> Address {
        Address(Arc::from(format!("{kind}/{name}")))
    }

    /// Reads `kind/name`; `None` when either half is missing.
    pub fn parse(text: &str) -> Option<Address> {
        let (kind, name) = text.split_once('/')?;
        let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphabetic());
        (is_kind && !name.trim().is_empty() && name.trim() == name)
            .then(|| Address(Arc::from(text)))
    }

    /// The address of a part of this object.
    pub fn part(&self, part: &str) -> Address {
        Address(Arc::from(format!("{}/{part}", self.0)))
    }

    /// The declared object that this address is, or is a part of.
    pub fn root(&self) -> Address {
        match self.0.match_indices('/').nth(1) {
            Some((end, _)) => Address(Arc::from(&self.0[..end])),
            None => self.clone(),
        }
    }

    /// What stands before the first slash.
    pub fn kind(&self) -> &str {
        self.0.split_once('/').map_or("", |(kind, _)| kind)
    }

    /// What stands between the first slash and the second, if there is a second.
    pub fn name(&self) -> &str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// What stands after the declared object's own address; empty for the object itself.
    pub fn part_name(&self) -> &str {
        self.0
            .match_indices('/')
            .nth(1)
            .map_or("", |(slash, _)| &self.0[slash + 1..])
    }

    /// The address as people write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the identifier as it is written; GUIDs are compared without case, so they are kept in lower case.
            pub fn new(text: &str) -> $name {
                if is_guid(text) {
                    $name(Arc::from(text.to_ascii_lowercase()))
                } else {
                    $name(Arc::from(text))
                }
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// Graph's `id` of an object. A GUID for directory objects; opaque and case-sensitive for assignments and grants.
    ObjectId
);
identifier!(
    /// Graph's `appId`: the same for an application and all its service principals.
    AppId
);
identifier!(
    /// The id of an Entra tenant.
    TenantId
);
identifier!(
    /// A name that people choose: of a project, an environment, a variable.
    Name
);

/// Whether the text has the form of a GUID, in either case.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_knows_its_root_and_its_part() {
        let address = Address::new("application", "payments-api").part("servicePrincipal");
        assert_eq!(
            address.as_str(),
            "application/payments-api/servicePrincipal"
        );
        assert_eq!(address.root().as_str(), "application/payments-api");
        assert_eq!(
            (address.kind(), address.name()),
            ("application", "payments-api")
        );
        assert_eq!(address.part_name(), "servicePrincipal");
        assert_eq!(address.root().part_name(), "");
    }

    #[test]
    fn an_address_needs_both_halves() {
        for text in ["", "group", "group/", "/x", "gr oup/x", "group/ x"] {
            assert_eq!(Address::parse(text), None, "{text:?}");
        }
        assert!(Address::parse("user/ana@contoso.com").is_some());
    }

    #[test]
    fn guids_are_kept_in_lower_case_and_opaque_ids_as_they_are() {
        assert_eq!(
            ObjectId::new("7F3C2A10-0000-4000-8000-00000000000A").as_str(),
            "7f3c2a10-0000-4000-8000-00000000000a"
        );
        assert_eq!(ObjectId::new("AbC-1").as_str(), "AbC-1");
    }
}
