//! What the entries of a collection look like to whoever names their properties: `$select`, `$filter`, `$orderby`.

use super::document::DocumentSet;
use super::problem::Problem;
use super::record::Kind;
use super::schema::{self, Form, Property};

/// The type of the entries of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Object(Kind),
    /// Any type of directory object: members and owners.
    Mixed,
    Federated,
    Assignment,
    Grant,
    RoleDefinition,
    RoleAssignment,
    Organization,
    Domain,
    Document(DocumentSet),
}

/// What a property holds, as far as comparing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Id,
    Flag,
    Number,
    Moment,
    Complex,
    TextList,
    ComplexList,
}

/// The properties of the entities that are not directory objects, by the CSDL.
const FEDERATED: &[(&str, Holds)] = &[
    ("audiences", Holds::TextList),
    ("description", Holds::Text),
    ("issuer", Holds::Text),
    ("name", Holds::Text),
    ("subject", Holds::Text),
];
const ASSIGNMENT: &[(&str, Holds)] = &[
    ("appRoleId", Holds::Id),
    ("createdDateTime", Holds::Moment),
    ("deletedDateTime", Holds::Moment),
    ("principalDisplayName", Holds::Text),
    ("principalId", Holds::Id),
    ("principalType", Holds::Text),
    ("resourceDisplayName", Holds::Text),
    ("resourceId", Holds::Id),
];
const GRANT: &[(&str, Holds)] = &[
    ("clientId", Holds::Text),
    ("consentType", Holds::Text),
    ("principalId", Holds::Text),
    ("resourceId", Holds::Text),
    ("scope", Holds::Text),
];
const ROLE_DEFINITION: &[(&str, Holds)] = &[
    ("description", Holds::Text),
    ("displayName", Holds::Text),
    ("isBuiltIn", Holds::Flag),
    ("isEnabled", Holds::Flag),
    ("resourceScopes", Holds::TextList),
    ("rolePermissions", Holds::ComplexList),
    ("templateId", Holds::Text),
    ("version", Holds::Text),
];
const ROLE_ASSIGNMENT: &[(&str, Holds)] = &[
    ("appScopeId", Holds::Text),
    ("condition", Holds::Text),
    ("directoryScopeId", Holds::Text),
    ("principalId", Holds::Text),
    ("principalOrganizationId", Holds::Text),
    ("roleDefinitionId", Holds::Text),
];
const ORGANIZATION: &[(&str, Holds)] = &[
    ("assignedPlans", Holds::ComplexList),
    ("city", Holds::Text),
    ("country", Holds::Text),
    ("countryLetterCode", Holds::Text),
    ("createdDateTime", Holds::Moment),
    ("deletedDateTime", Holds::Moment),
    ("displayName", Holds::Text),
    ("onPremisesSyncEnabled", Holds::Flag),
    ("preferredLanguage", Holds::Text),
    ("technicalNotificationMails", Holds::TextList),
    ("tenantType", Holds::Text),
    ("verifiedDomains", Holds::ComplexList),
];
const DOMAIN: &[(&str, Holds)] = &[
    ("authenticationType", Holds::Text),
    ("isAdminManaged", Holds::Flag),
    ("isDefault", Holds::Flag),
    ("isInitial", Holds::Flag),
    ("isRoot", Holds::Flag),
    ("isVerified", Holds::Flag),
    ("supportedServices", Holds::TextList),
];

impl Shape {
    /// The name in the CSDL.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Shape::Object(kind) => kind.type_name(),
            Shape::Mixed => "directoryObject",
            Shape::Federated => "federatedIdentityCredential",
            Shape::Assignment => "appRoleAssignment",
            Shape::Grant => "oAuth2PermissionGrant",
            Shape::RoleDefinition => "unifiedRoleDefinition",
            Shape::RoleAssignment => "unifiedRoleAssignment",
            Shape::Organization => "organization",
            Shape::Domain => "domain",
            Shape::Document(set) => set.type_name(),
        }
    }

    /// The name that the directory's messages give the resource.
    pub(super) fn resource_name(self) -> &'static str {
        match self {
            Shape::Object(kind) => kind.resource_name(),
            Shape::Mixed => "DirectoryObject",
            Shape::Federated => "FederatedIdentityCredential",
            Shape::Assignment => "EntitlementGrant",
            Shape::Grant => "OAuth2PermissionGrant",
            Shape::RoleDefinition => "RoleDefinition",
            Shape::RoleAssignment => "RoleAssignment",
            Shape::Organization => "Company",
            Shape::Domain => "Domain",
            Shape::Document(set) => set.resource_name(),
        }
    }

    /// What the property at this path holds; `None` when the type does not declare it.
    pub(super) fn holds(self, path: &[String]) -> Option<Holds> {
        let (first, rest) = path.split_first()?;
        if first == "id" {
            return rest.is_empty().then_some(Holds::Id);
        }
        match self {
            Shape::Object(kind) => object_holds(kind, first, rest),
            Shape::Mixed => Kind::ALL
                .into_iter()
                .find_map(|kind| object_holds(kind, first, rest)),
            Shape::Document(set) => holds_in(set.declared(), first, rest),
            Shape::Federated
            | Shape::Assignment
            | Shape::Grant
            | Shape::RoleDefinition
            | Shape::RoleAssignment
            | Shape::Organization
            | Shape::Domain => self
                .plain()
                .iter()
                .find(|(name, _)| name == first && rest.is_empty())
                .map(|(_, holds)| *holds),
        }
    }

    /// The properties of a type that is no directory object.
    fn plain(self) -> &'static [(&'static str, Holds)] {
        match self {
            Shape::Object(_) | Shape::Mixed | Shape::Document(_) => &[],
            Shape::Federated => FEDERATED,
            Shape::Assignment => ASSIGNMENT,
            Shape::Grant => GRANT,
            Shape::RoleDefinition => ROLE_DEFINITION,
            Shape::RoleAssignment => ROLE_ASSIGNMENT,
            Shape::Organization => ORGANIZATION,
            Shape::Domain => DOMAIN,
        }
    }

    /// "Could not find a property named …", as the OData parser says it.
    pub(super) fn no_property(self, clause: &str, name: &str) -> Problem {
        Problem::new(
            400,
            "BadRequest",
            format!(
                "{clause}: Could not find a property named '{name}' on type 'microsoft.graph.{}'.",
                self.type_name()
            ),
        )
    }
}

fn object_holds(kind: Kind, first: &str, rest: &[String]) -> Option<Holds> {
    if first == "deletedDateTime" {
        return rest.is_empty().then_some(Holds::Moment);
    }
    holds_in(schema::properties(kind), first, rest)
}

fn holds_in(properties: &'static [Property], first: &str, rest: &[String]) -> Option<Holds> {
    let form = schema::property(properties, first)?.form;
    match (form, rest.split_first()) {
        (Form::Complex(members), Some((first, rest))) => holds_in(members, first, rest),
        (_, Some(_)) => None,
        (Form::Text, None) => Some(Holds::Text),
        (Form::Flag, None) => Some(Holds::Flag),
        (Form::Whole, None) => Some(Holds::Number),
        (Form::Moment, None) => Some(Holds::Moment),
        (Form::Id, None) => Some(Holds::Id),
        (Form::Texts | Form::Ids, None) => Some(Holds::TextList),
        (Form::Complex(_), None) => Some(Holds::Complex),
        (Form::Complexes(_) | Form::Open, None) => Some(Holds::ComplexList),
    }
}
