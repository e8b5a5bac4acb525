//! The points that Microsoft's documentation leaves open, each a switch with its two possible behaviours.
//!
//! The default of each is the reading for which there is most evidence. Whoever tests against the emulator should
//! try every variant: the real service may be any of them.

use serde::{Deserialize, Serialize};

/// Declares one two-case enum per open point, the struct that holds them, and the list of single-switch variants.
macro_rules! open_points {
    ($(
        $(#[$doc:meta])*
        $field:ident: $switch:ident { $(#[$first_doc:meta])* $first:ident, $(#[$second_doc:meta])* $second:ident }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            pub enum $switch {
                $(#[$first_doc])*
                #[default]
                $first,
                $(#[$second_doc])*
                $second,
            }
        )*

        /// How the tenant answers where the documentation is silent or contradicts itself.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Behaviour {
            $($(#[$doc])* pub $field: $switch,)*
        }

        impl Behaviour {
            /// The default, and the default with each single switch in its other position, each with a name.
            pub fn all_variants() -> Vec<(&'static str, Behaviour)> {
                vec![
                    ("default", Behaviour::default()),
                    $((
                        stringify!($field),
                        Behaviour { $field: $switch::$second, ..Behaviour::default() },
                    ),)*
                ]
            }
        }
    };
}

open_points! {
    /// What a second application with the same identifier URI meets.
    duplicate_identifier_uri: DuplicateIdentifierUri {
        /// 400 `Request_BadRequest`, as Azure AD Graph answered.
        BadRequest,
        /// 409 `Request_MultipleObjectsWithSameKeyValue`.
        Conflict
    }
    /// What the second assignment of the same app role to the same principal meets.
    duplicate_assignment: DuplicateAssignment {
        /// 400 for an app role, 409 for default access.
        ByRole,
        /// 409 "EntitlementGrant entry already exists." always.
        AlwaysConflict
    }
    /// The `signInAudience` of an application that was created without one.
    default_sign_in_audience: DefaultAudience {
        /// `AzureADMyOrg`, as the resource page says.
        MyOrg,
        /// `AzureADandPersonalMicrosoftAccount`, as the examples show.
        AnyAccount
    }
    /// Whether a visibility of `Public` is accepted for a group to which directory roles can be assigned.
    public_role_group: PublicRoleGroup {
        Refused,
        Accepted
    }
    /// Whether a soft-deleted group keeps its `uniqueName` reserved.
    deleted_group_unique_name: DeletedGroupUniqueName {
        Reserved,
        Free
    }
    /// How `uniqueName`s are compared.
    unique_name_case: UniqueNameCase {
        Ignored,
        Compared
    }
    /// What becomes of assignments and grants of a service principal that is soft-deleted.
    deleted_service_principal_links: DeletedServicePrincipalLinks {
        /// They come back when it is restored.
        Hidden,
        /// They are gone for good.
        Dropped
    }
    /// Default access on a resource that has app roles for that type of principal.
    default_role_on_resource_with_roles: DefaultRoleOnResourceWithRoles {
        Refused,
        Accepted
    }
    /// What a PATCH does to the members of `api`, `web`, `info` and the like which it does not mention.
    complex_patch: ComplexPatch {
        /// They stay.
        Merged,
        /// They fall back to their defaults.
        Replaced
    }
    /// Which edits of an enabled app role or permission scope are refused.
    enabled_permission_edit: EnabledPermissionEdit {
        /// Any.
        AnyRefused,
        /// Those of its value, its type and its allowed member types; texts may change.
        MeaningRefused
    }
    /// Which permission scopes may be pre-authorised.
    pre_authorized_scope: PreAuthorizedScope {
        /// Stored ones that are enabled.
        StoredAndEnabled,
        /// Any stored one.
        Stored
    }
    /// Whether the default policy of the tenant restricts identifier URIs that are added.
    identifier_uri_policy: IdentifierUriPolicy {
        Enforced,
        Off
    }
    /// When `requestedAccessTokenVersion` 2 exempts an application from that policy.
    version_two_exemption: VersionTwoExemption {
        /// When it was stored before the request.
        StoredOnly,
        /// Also when the same request sets it.
        SameRequest
    }
    /// What an undeclared property in a body meets.
    unknown_property: UnknownProperty {
        Refused,
        Ignored
    }
    /// What deleting a security group does.
    security_group_deletion: SecurityGroupDeletion {
        /// It can be restored for 30 days, as the current page says.
        Soft,
        /// It is gone, as older pages say.
        Hard
    }
    /// What deleting an app role does to its assignments.
    deleting_app_role: DeletingAppRole {
        /// They stay and name an app role that no longer exists.
        LeavesAssignments,
        DeletesAssignments
    }
    /// Whether a disabled app role can be assigned.
    disabled_role_assignment: DisabledRoleAssignment {
        Refused,
        Accepted
    }
    /// What removing somebody who is not a member or owner meets.
    removing_non_member: RemovingNonMember {
        /// 404 `Request_ResourceNotFound`.
        NotFound,
        /// 400 "One or more removed object references do not exist".
        BadRequest
    }
    /// Whether a custom role definition can be deleted while it is assigned.
    role_definition_in_use: RoleDefinitionInUse {
        Refused,
        Deleted
    }
    /// Whether the scope of a grant is checked against what the resource publishes.
    grant_scope: GrantScope {
        Unchecked,
        MustBePublished
    }
    /// Whether an application that creates an object owns it although it did not say so.
    app_only_creator: AppOnlyCreator {
        DoesNotOwn,
        Owns
    }
}
