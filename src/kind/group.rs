//! Security groups: assigned, dynamic and role-assignable.

use super::entity::{
    Creation, Entity, Lane, Last, Permissions, Relation, Removal, on_create, plain, read_only, set,
};
use super::shape::{Field, Shape, open_list};
use super::{COMMON_FIELDS, Documents, Kind, rule};

pub(super) static KIND: Kind = Kind {
    name: "group",
    doc: "A security group: assigned, dynamic or role-assignable, with its owners and members.",
    fields: &[COMMON_FIELDS, FIELDS],
    documents: Documents::Declared,
};

static FIELDS: &[Field] = &[
    Field::required(
        "displayName",
        Shape::Text(&rule::DISPLAY_NAME),
        "The name that people see.",
    ),
    Field::optional(
        "description",
        Shape::Text(&rule::TEXT),
        "What the group is for.",
    ),
    Field::optional(
        "mailNickname",
        Shape::Text(&rule::MAIL_NICKNAME),
        "The mail alias; omitted, idac gives it the declared name when it creates the group.",
    ),
    Field::optional(
        "isAssignableToRole",
        Shape::Boolean,
        "Whether directory roles can be assigned to the group. Cannot change after the group is created.",
    ),
    Field::optional(
        "membershipRule",
        Shape::Text(&rule::LONG_TEXT),
        "The rule that decides who is a member; a group with a rule is dynamic and has no `members`.",
    ),
    Field::optional(
        "membershipRuleProcessingState",
        Shape::OneOf(&["On", "Paused"]),
        "Whether the rule is at work.",
    ),
    Field::optional(
        "owners",
        open_list(
            &Shape::Reference(&["user", "servicePrincipal", "application", "existing"]),
            100,
        ),
        "Who may manage the group: users and service principals, never groups.",
    ),
    Field::optional(
        "members",
        open_list(
            &Shape::Reference(&[
                "user",
                "group",
                "servicePrincipal",
                "application",
                "existing",
            ]),
            10_000,
        ),
        "Who is in the group: users, groups and service principals.",
    ),
];

// ── Graph's half ─────────────────────────────────────────────────────────────────────────────────────────

/// learn.microsoft.com, group resource and group-upsert. Security groups have been kept in the recycle bin since
/// 2025; a tenant in which they are deleted for good is found out when the restore is refused.
pub(super) static GROUP: Entity = Entity {
    name: "group",
    collection: "/groups",
    creation: Creation::Upsert { key: "uniqueName" },
    removal: Removal::Soft,
    properties: &[
        plain("displayName"),
        plain("description"),
        set("groupTypes"),
        on_create("isAssignableToRole"),
        on_create("mailEnabled"),
        plain("mailNickname"),
        plain("membershipRule"),
        plain("membershipRuleProcessingState"),
        plain("securityEnabled"),
        read_only("uniqueName"),
    ],
    relations: &[
        Relation {
            name: "members",
            last: Last::Removable,
        },
        Relation {
            name: "owners",
            last: Last::KeptByGraph,
        },
    ],
    sets: &[],
    later: &[],
    switched: &[],
    lane: Lane::Own,
    permissions: Permissions {
        read: &["Group.Read.All"],
        write: &["Group.ReadWrite.All"],
    },
};
