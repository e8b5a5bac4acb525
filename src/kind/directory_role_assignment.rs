//! Assignments of directory roles.

use super::entity::{Creation, Entity, Lane, Permissions, Removal, on_create};
use std::collections::BTreeMap;

use super::desire::{Desire, bare, deletion};
use super::group::is_role_assignable;
use super::shape::{Field, Shape};
use super::{COMMON_FIELDS, Documents, Kind, rule};
use crate::address::{Address, is_guid};
use crate::finding::Finding;
use crate::graph::facts;
use crate::object::{
    Coverage, DeclaredObject, DesiredObject, Key, Node, Part, Reference, Template, Value,
};

pub(super) static KIND: Kind = Kind {
    name: "directoryRoleAssignment",
    doc: "A directory role, assigned to one principal in one directory scope.",
    fields: &[COMMON_FIELDS, FIELDS],
    documents: Documents::Declared,
    parts: &[],
    desire,
};

static FIELDS: &[Field] = &[
    Field::required(
        "role",
        Shape::Text(&rule::DIRECTORY_ROLE),
        "The directory role: the name of a built-in one, or the id of any.",
    ),
    Field::required(
        "principal",
        Shape::Reference(&[
            "user",
            "group",
            "servicePrincipal",
            "application",
            "existing",
        ]),
        "Who gets it: a user, a role-assignable group or a service principal.",
    ),
    Field::required(
        "scope",
        Shape::Text(&rule::DIRECTORY_SCOPE),
        "Where it holds: `/` for the whole tenant, `/administrativeUnits/<id>`, or the address of an application.",
    ),
];

/// Adds the assignment that the document declares.
fn desire(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let document = &object.document;
    let (Some(role), Some(principal), Some(scope)) = (
        document.get("role"),
        document.get("principal"),
        document.get("scope"),
    ) else {
        return;
    };
    let mut references = bare(
        &object.address,
        ROLE_ASSIGNMENT.name,
        Key::Properties(BTreeMap::new()),
        &object.origin,
    );
    check_principal(principal, desire);
    let principal_id = desire
        .principal(principal, &mut references)
        .map(|address| Value::property(&address, "id"));
    let role_id = role_definition(role, desire);
    let scope_id = directory_scope(scope, &mut references, desire);
    let (Some(principal_id), Some(role_id), Some(scope_id)) = (principal_id, role_id, scope_id)
    else {
        return;
    };
    let properties = BTreeMap::from([
        ("directoryScopeId".to_owned(), scope_id),
        ("principalId".to_owned(), principal_id),
        ("roleDefinitionId".to_owned(), role_id),
    ]);
    let mut assignment = references;
    assignment.key = Key::Properties(properties.clone());
    assignment.deletion = deletion(document);
    assignment.previously = desire.previously_with(object, &assignment.key);
    for (name, value) in properties {
        assignment.desire(&name, value, Coverage::Exact, &object.origin);
    }
    desire.add(assignment);
}

/// Entra assigns directory roles only to groups that were created for it.
fn check_principal(node: &Node, desire: &mut Desire<'_>) {
    let address = node.text().and_then(Address::parse);
    let group = address.and_then(|address| desire.declared.get(&address));
    let Some(group) = group.filter(|group| group.address.kind() == "group") else {
        return;
    };
    if is_role_assignable(group) {
        return;
    }
    let message = format!("{} cannot be assigned a directory role", group.address);
    desire.report(Finding::error(
        "IDAC156",
        &node.origin,
        message,
        "write `isAssignableToRole: true` in the group, before it is created",
    ));
}

/// The id of a directory role: for a built-in one the id of its template is the id of its definition.
fn role_definition(node: &Node, desire: &mut Desire<'_>) -> Option<Value> {
    let text = node.text()?;
    if is_guid(text) {
        return Some(Value::text(text.to_ascii_lowercase()));
    }
    if let Some(role) = facts::directory_role(text) {
        return Some(Value::text(role.template_id));
    }
    desire.report(
        Finding::error(
            "IDAC154",
            &node.origin,
            format!("no built-in directory role is called `{text}`"),
            "correct the name, or write the id of the role definition",
        )
        .with_suggestion(text, facts::directory_roles().map(|role| role.name)),
    );
    None
}

fn directory_scope(
    node: &Node,
    from: &mut DesiredObject,
    desire: &mut Desire<'_>,
) -> Option<Value> {
    let text = node.text()?;
    if text.starts_with('/') {
        return Some(Value::text(text));
    }
    let address = desire.find(node)?;
    from.references.push(Reference {
        to: address.clone(),
        property: "id".to_owned(),
        origin: node.origin.clone(),
    });
    Some(Value::Computed(Template(vec![
        Part::Text("/".to_owned()),
        Part::Property {
            of: address,
            property: "id".to_owned(),
        },
    ])))
}

// ── Graph's half ─────────────────────────────────────────────────────────────────────────────────────────

/// learn.microsoft.com, unifiedRoleAssignment resource: no PATCH, no recycle bin.
pub(super) static ROLE_ASSIGNMENT: Entity = Entity {
    name: "unifiedRoleAssignment",
    collection: "/roleManagement/directory/roleAssignments",
    creation: Creation::Post {
        key: &["principalId", "roleDefinitionId", "directoryScopeId"],
    },
    removal: Removal::Hard,
    properties: &[
        on_create("principalId"),
        on_create("roleDefinitionId"),
        on_create("directoryScopeId"),
    ],
    relations: &[],
    sets: &[],
    follows: &[],
    exclusive: &[],
    later: &[],
    switched: &[],
    children_max: None,
    lane: Lane::Free,
    permissions: Permissions {
        read: &["RoleManagement.Read.Directory"],
        write: &["RoleManagement.ReadWrite.Directory"],
    },
};
