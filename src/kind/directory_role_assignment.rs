//! Assignments of directory roles.

use super::entity::{Creation, Entity, Lane, Permissions, Removal, on_create};
use super::shape::{Field, Shape};
use super::{COMMON_FIELDS, Documents, Kind, rule};

pub(super) static KIND: Kind = Kind {
    name: "directoryRoleAssignment",
    doc: "A directory role, assigned to one principal in one directory scope.",
    fields: &[COMMON_FIELDS, FIELDS],
    documents: Documents::Declared,
};

static FIELDS: &[Field] = &[
    Field::required(
        "role",
        Shape::Text(&rule::NOT_BLANK),
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
    later: &[],
    switched: &[],
    lane: Lane::Free,
    permissions: Permissions {
        read: &["RoleManagement.Read.Directory"],
        write: &["RoleManagement.ReadWrite.Directory"],
    },
};
