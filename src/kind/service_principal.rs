//! Service principals: of a declared application, and of applications that someone else registered.

use std::collections::{BTreeMap, BTreeSet};

use super::application::check_role;
use super::desire::{Desire, bare as bare_object, deletion, key_of, open};
use super::entity::{
    Creation, Entity, Lane, Last, Permissions, Relation, Removal, SetRead, on_create, plain,
    read_only, set,
};
use super::shape::{Field, Shape, exact_list, open_list};
use super::{COMMON_FIELDS, Documents, Kind, rule};
use crate::address::Address;
use crate::finding::{Finding, Origin};
use crate::graph::facts;
use crate::object::{Coverage, DeclaredObject, DesiredObject, Key, Node, Reference, Value};

pub(super) static KIND: Kind = Kind {
    name: "servicePrincipal",
    doc: "An enterprise application that someone else registered, by its appId.",
    fields: &[COMMON_FIELDS, OWN_FIELDS, FIELDS],
    documents: Documents::Declared,
    parts: &[],
    desire,
};

static OWN_FIELDS: &[Field] = &[Field::required(
    "appId",
    Shape::Text(&rule::GUID),
    "The appId of the application, which some other tenant registered.",
)];

/// The keys of a service principal, whether it stands in an application or by itself.
pub(super) static FIELDS: &[Field] = &[
    Field::never_empty(
        "accountEnabled",
        Shape::Boolean,
        "Whether tokens are issued for it at all.",
    ),
    Field::optional(
        "alternativeNames",
        open_list(&Shape::Text(&rule::NOT_BLANK), 100),
        "Names by which it can also be found.",
    ),
    Field::never_empty(
        "appRoleAssignmentRequired",
        Shape::Boolean,
        "Whether only those who are assigned get a token.",
    ),
    Field::optional(
        "appRoleAssignedTo",
        open_list(&Shape::Map(ASSIGNMENT), 10_000),
        "Who is assigned which app role of this application.",
    ),
    Field::optional(
        "description",
        Shape::Text(&rule::TEXT),
        "What people read in My Apps.",
    ),
    Field::optional(
        "loginUrl",
        Shape::Text(&rule::URL),
        "Where people are sent to sign in.",
    ),
    Field::optional(
        "notes",
        Shape::Text(&rule::TEXT),
        "Free text for administrators.",
    ),
    Field::optional(
        "notificationEmailAddresses",
        exact_list(&Shape::Text(&rule::MAIL), 5),
        "Who is told when a signing certificate is about to expire.",
    ),
    Field::optional(
        "owners",
        open_list(
            &Shape::Reference(&["user", "servicePrincipal", "application", "existing"]),
            100,
        ),
        "Who may manage it: users and service principals, never groups.",
    ),
    Field::optional(
        "preferredSingleSignOnMode",
        Shape::OneOf(&["password", "saml", "notSupported", "oidc"]),
        "How people sign in to it.",
    ),
    Field::optional(
        "tags",
        open_list(&Shape::Text(&rule::TAG), 100),
        "Tags; those of the application are there as well.",
    ),
];

static ASSIGNMENT: &[Field] = &[
    Field::required(
        "principal",
        Shape::Reference(&[
            "user",
            "group",
            "servicePrincipal",
            "application",
            "existing",
        ]),
        "Who is assigned: a user, a group or a service principal.",
    ),
    Field::never_empty(
        "appRole",
        Shape::Text(&rule::TOKEN_VALUE),
        "The `value` of the app role; omitted, it is default access.",
    ),
];

/// Adds what a declared `kind: servicePrincipal` desires.
pub(super) fn desire(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let Some(app_id) = object.document.get("appId").and_then(Node::text) else {
        return;
    };
    let key = key_of("appId", &app_id.to_ascii_lowercase());
    let mut service_principal =
        bare_object(&object.address, SERVICE_PRINCIPAL.name, key, &object.origin);
    service_principal.deletion = deletion(&object.document);
    service_principal.previously = desire.previously_with(object, &service_principal.key);
    let app_id = Value::text(app_id.to_ascii_lowercase());
    service_principal.desire("appId", app_id, Coverage::OnCreate, &object.origin);
    let offers = object.address.clone();
    complete(service_principal, &object.document, &offers, desire);
}

/// Adds what `servicePrincipal:` inside an application desires.
pub(super) fn desire_within(object: &DeclaredObject, node: &Node, desire: &mut Desire<'_>) {
    let mut service_principal = bare(&object.address, &node.origin);
    service_principal.deletion = deletion(&object.document);
    complete(service_principal, node, &object.address, desire);
}

/// The service principal of a declared application of which nothing else is said.
pub(super) fn bare(application: &Address, origin: &Origin) -> DesiredObject {
    let app_id = Value::property(application, "appId");
    let key = Key::Properties(BTreeMap::from([("appId".to_owned(), app_id.clone())]));
    let address = application.part("servicePrincipal");
    let mut service_principal = bare_object(&address, SERVICE_PRINCIPAL.name, key, origin);
    service_principal.desire("appId", app_id, Coverage::OnCreate, origin);
    service_principal
}

fn complete(
    mut service_principal: DesiredObject,
    node: &Node,
    offers: &Address,
    desire: &mut Desire<'_>,
) {
    service_principal.desire_properties(node, FIELDS.iter(), &SERVICE_PRINCIPAL);
    // What the application is tagged with shows here too: this list can only add.
    if let Some(tags) = service_principal.properties.get_mut("tags") {
        tags.coverage = Coverage::AtLeast;
    }
    if let Some(owners) = node.get("owners") {
        service_principal.desire_links("owners", owners, desire);
    }
    let assignments = match node.get("appRoleAssignedTo") {
        Some(list) => assigned_to(list, &mut service_principal, offers, desire),
        None => Vec::new(),
    };
    desire.add(service_principal);
    for assignment in assignments {
        desire.add(assignment);
    }
}

fn assigned_to(
    node: &Node,
    service_principal: &mut DesiredObject,
    offers: &Address,
    desire: &mut Desire<'_>,
) -> Vec<DesiredObject> {
    let (coverage, list) = open(node);
    service_principal.desire_set(
        APP_ROLE_ASSIGNMENT.name,
        Some("resourceId"),
        BTreeMap::new(),
        coverage,
        &node.origin,
    );
    let mut assignments: Vec<DesiredObject> = Vec::new();
    let mut seen = BTreeSet::new();
    for item in list.items() {
        let Some(principal_node) = item.get("principal") else {
            continue;
        };
        let Some(principal) = desire.principal(principal_node, service_principal) else {
            continue;
        };
        let Some((label, role)) = role(item, offers, service_principal, desire) else {
            continue;
        };
        let address = service_principal
            .address
            .part(&format!("appRoleAssignedTo/{label}:{principal}"));
        if !seen.insert(address.clone()) {
            desire.report(Finding::error(
                "IDAC152",
                &item.origin,
                format!("{principal} is assigned `{label}` twice"),
                "write the assignment once",
            ));
        }
        assignments.push(assignment(
            &address,
            &principal,
            &service_principal.address,
            role,
            &item.origin,
        ));
    }
    assignments
}

/// The app role that an entry means, and what to call it: without one it is default access.
fn role(
    item: &Node,
    offers: &Address,
    service_principal: &mut DesiredObject,
    desire: &mut Desire<'_>,
) -> Option<(String, Value)> {
    let Some(node) = item.get("appRole") else {
        return Some((
            "default access".to_owned(),
            Value::text(facts::DEFAULT_ACCESS_APP_ROLE),
        ));
    };
    let value = node.text()?;
    check_role(node, value, offers, desire)?;
    let property = format!("appRoles[{value}]");
    service_principal.references.push(Reference {
        to: offers.clone(),
        property: property.clone(),
        origin: node.origin.clone(),
    });
    Some((value.to_owned(), Value::property(offers, property)))
}

/// An app role assignment: who, at which resource, which role.
pub(super) fn assignment(
    address: &Address,
    principal: &Address,
    resource: &Address,
    role: Value,
    origin: &Origin,
) -> DesiredObject {
    let properties = BTreeMap::from([
        ("appRoleId".to_owned(), role),
        ("principalId".to_owned(), Value::property(principal, "id")),
        ("resourceId".to_owned(), Value::property(resource, "id")),
    ]);
    let key = Key::Properties(properties.clone());
    let mut assignment = bare_object(address, APP_ROLE_ASSIGNMENT.name, key, origin);
    assignment.parent = Some(resource.clone());
    for (name, value) in properties {
        assignment.desire(&name, value, Coverage::Exact, origin);
    }
    assignment
}

// ── Graph's half ─────────────────────────────────────────────────────────────────────────────────────────

/// learn.microsoft.com, servicePrincipal resource and serviceprincipal-upsert. `tags` that come from the
/// application are answered here as well, so this list is compared only for what it adds.
pub(super) static SERVICE_PRINCIPAL: Entity = Entity {
    name: "servicePrincipal",
    collection: "/servicePrincipals",
    creation: Creation::Upsert { key: "appId" },
    removal: Removal::Soft,
    properties: &[
        plain("accountEnabled"),
        set("alternativeNames"),
        on_create("appId"),
        read_only("appOwnerOrganizationId"),
        plain("appRoleAssignmentRequired"),
        read_only("appRoles"),
        plain("description"),
        read_only("displayName"),
        plain("loginUrl"),
        plain("notes"),
        set("notificationEmailAddresses"),
        read_only("oauth2PermissionScopes"),
        plain("preferredSingleSignOnMode"),
        set("tags"),
    ],
    relations: &[Relation {
        name: "owners",
        last: Last::Removable,
        after: &[],
    }],
    sets: &[],
    follows: &["tags"],
    exclusive: &[],
    later: &[],
    switched: &[],
    children_max: None,
    lane: Lane::Own,
    permissions: Permissions {
        read: &["Application.Read.All"],
        write: &["Application.ReadWrite.OwnedBy"],
    },
};

/// learn.microsoft.com, appRoleAssignment resource: no PATCH, no recycle bin. Written below the resource, which
/// is the way that Microsoft recommends.
pub(super) static APP_ROLE_ASSIGNMENT: Entity = Entity {
    name: "appRoleAssignment",
    collection: "/servicePrincipals/{parent}/appRoleAssignedTo",
    creation: Creation::Post {
        key: &["principalId", "resourceId", "appRoleId"],
    },
    removal: Removal::Hard,
    properties: &[
        on_create("principalId"),
        on_create("resourceId"),
        on_create("appRoleId"),
        read_only("principalDisplayName"),
        read_only("principalType"),
        read_only("resourceDisplayName"),
    ],
    relations: &[],
    sets: &[
        SetRead {
            by: Some("resourceId"),
            url: "/servicePrincipals/{owner}/appRoleAssignedTo",
            parent: Some("resourceId"),
        },
        SetRead {
            by: Some("principalId"),
            url: "/servicePrincipals/{owner}/appRoleAssignments",
            parent: Some("resourceId"),
        },
    ],
    follows: &[],
    exclusive: &[],
    later: &[],
    switched: &[],
    children_max: None,
    lane: Lane::Free,
    permissions: Permissions {
        read: &["Application.Read.All"],
        write: &["AppRoleAssignment.ReadWrite.All", "Application.Read.All"],
    },
};
