//! Users: referred to by user principal name, never written.

use super::entity::{Creation, Entity, Lane, Permissions, Removal, read_only};
use super::{Documents, Kind};

pub(super) static KIND: Kind = Kind {
    name: "user",
    doc: "A person's account, referred to as `user/<userPrincipalName>`.",
    fields: &[],
    documents: Documents::OnlyReferredTo(
        "refer to the account as `user/<userPrincipalName>`; it needs no document",
    ),
    parts: &[],
    desire: |_, _| {},
};

// ── Graph's half ─────────────────────────────────────────────────────────────────────────────────────────

/// learn.microsoft.com, user resource.
pub(super) static USER: Entity = Entity {
    name: "user",
    collection: "/users",
    creation: Creation::Never,
    removal: Removal::Never,
    properties: &[read_only("userPrincipalName"), read_only("displayName")],
    relations: &[],
    sets: &[],
    follows: &[],
    exclusive: &[],
    later: &[],
    switched: &[],
    children_max: None,
    lane: Lane::Free,
    permissions: Permissions {
        read: &["User.ReadBasic.All"],
        write: &[],
    },
};
