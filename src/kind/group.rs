//! Security groups: assigned, dynamic and role-assignable.

use super::desire::{Desire, bare, deletion, open};
use super::entity::{
    Creation, Entity, Lane, Last, Permissions, Relation, Removal, on_create, plain, read_only, set,
};
use super::shape::{Field, Shape, open_list};
use super::{COMMON_FIELDS, Documents, Kind, rule};
use crate::address::Address;
use crate::finding::Finding;
use crate::object::{Coverage, DeclaredObject, DesiredObject, Node, Value};

pub(super) static KIND: Kind = Kind {
    name: "group",
    doc: "A security group: assigned, dynamic or role-assignable, with its owners and members.",
    fields: &[COMMON_FIELDS, FIELDS],
    documents: Documents::Declared,
    parts: &[],
    desire,
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
    Field::never_empty(
        "mailNickname",
        Shape::Text(&rule::MAIL_NICKNAME),
        "The mail alias; omitted, idac gives it the declared name when it creates the group.",
    ),
    Field::never_empty(
        "isAssignableToRole",
        Shape::Boolean,
        "Whether directory roles can be assigned to the group. Cannot change after the group is created.",
    ),
    Field::optional(
        "membershipRule",
        Shape::Text(&rule::LONG_TEXT),
        "The rule that decides who is a member; a group with a rule is dynamic and has no `members`.",
    ),
    Field::never_empty(
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

/// Adds what a declared group desires.
fn desire(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let document = &object.document;
    let mut group = bare(
        &object.address,
        GROUP.name,
        desire.key(&object.address),
        &object.origin,
    );
    group.deletion = deletion(document);
    group.previously = desire.previously(object);
    group.desire_properties(document, KIND.fields(), &GROUP);
    created_with(&mut group, desire, object);
    if let Some(rule) = document.get("membershipRule") {
        let types = match rule.text() {
            Some(_) => vec![Value::text("DynamicMembership")],
            None => Vec::new(),
        };
        group.desire(
            "groupTypes",
            Value::List(types),
            Coverage::Exact,
            &rule.origin,
        );
        check_dynamic(document, rule, desire);
        if !group
            .properties
            .contains_key("membershipRuleProcessingState")
        {
            let on = Value::text("On");
            group.desire(
                "membershipRuleProcessingState",
                on,
                Coverage::OnCreate,
                &rule.origin,
            );
        }
    }
    check_nesting(object, desire);
    for relation in ["owners", "members"] {
        if let Some(node) = document.get(relation) {
            group.desire_links(relation, node, desire);
        }
    }
    desire.add(group);
}

/// What Graph must be told when the group is created, although nobody wrote it.
fn created_with(group: &mut DesiredObject, desire: &Desire<'_>, object: &DeclaredObject) {
    let name = object.address.name();
    let mut defaults = vec![
        ("mailEnabled", Value::Bool(false)),
        ("mailNickname", Value::text(name)),
        ("securityEnabled", Value::Bool(true)),
    ];
    if !desire.is_adopted(&object.address) {
        defaults.push(("uniqueName", Value::Text(desire.unique_name(name))));
    }
    for (property, value) in defaults {
        if !group.properties.contains_key(property) {
            group.desire(property, value, Coverage::OnCreate, &object.origin);
        }
    }
}

/// A dynamic group has no members of its own and cannot be given directory roles.
fn check_dynamic(document: &Node, rule: &Node, desire: &mut Desire<'_>) {
    if rule.text().is_none() {
        return;
    }
    if let Some(members) = document.get("members") {
        desire.report(Finding::error(
            "IDAC153",
            &members.origin,
            "a dynamic group has no members of its own: its rule decides".to_owned(),
            "remove `members`, or remove `membershipRule`",
        ));
    }
    if let Some(node) = document.get("isAssignableToRole")
        && node.boolean() == Some(true)
    {
        desire.report(Finding::error(
            "IDAC153",
            &node.origin,
            "directory roles cannot be assigned to a dynamic group".to_owned(),
            "remove `isAssignableToRole`, or remove `membershipRule`",
        ));
    }
}

/// A group is not in itself, and role-assignable groups are neither in groups nor have groups in them:
/// learn.microsoft.com, groups-concept.
fn check_nesting(object: &DeclaredObject, desire: &mut Desire<'_>) {
    let Some(members) = object.document.get("members") else {
        return;
    };
    for item in open(members).1.items() {
        let Some(member) = item.text().and_then(Address::parse) else {
            continue;
        };
        if member.kind() != "group" {
            continue;
        }
        let problem = if member == object.address {
            format!("{member} is a member of itself")
        } else if is_role_assignable(object) {
            format!(
                "{} can be assigned directory roles, so no group can be in it",
                object.address
            )
        } else if desire.declared.get(&member).is_some_and(is_role_assignable) {
            format!("{member} can be assigned directory roles, so it cannot be in a group")
        } else {
            continue;
        };
        desire.report(Finding::error(
            "IDAC156",
            &item.origin,
            problem,
            "name the members one by one",
        ));
    }
}

/// Whether directory roles can be assigned to a declared group.
pub(super) fn is_role_assignable(group: &DeclaredObject) -> bool {
    group
        .document
        .get("isAssignableToRole")
        .and_then(Node::boolean)
        == Some(true)
}

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
            // The members of a dynamic group are its rule's.
            after: &["groupTypes"],
        },
        Relation {
            name: "owners",
            last: Last::KeptByGraph,
            after: &[],
        },
    ],
    sets: &[],
    follows: &[],
    exclusive: &[],
    later: &[],
    switched: &[],
    children_max: None,
    lane: Lane::Own,
    permissions: Permissions {
        read: &["Group.Read.All"],
        write: &["Group.ReadWrite.All"],
    },
};
