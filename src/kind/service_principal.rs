//! Service principals: of a declared application, and of applications that someone else registered.

use super::entity::{
    Creation, Entity, Lane, Last, Permissions, Relation, Removal, SetRead, on_create, plain,
    read_only, set,
};
use super::shape::{Field, Shape, exact_list, open_list};
use super::{COMMON_FIELDS, Documents, Kind, rule};

pub(super) static KIND: Kind = Kind {
    name: "servicePrincipal",
    doc: "An enterprise application that someone else registered, by its appId.",
    fields: &[COMMON_FIELDS, OWN_FIELDS, FIELDS],
    documents: Documents::Declared,
};

static OWN_FIELDS: &[Field] = &[Field::required(
    "appId",
    Shape::Text(&rule::GUID),
    "The appId of the application, which some other tenant registered.",
)];

/// The keys of a service principal, whether it stands in an application or by itself.
pub(super) static FIELDS: &[Field] = &[
    Field::optional(
        "accountEnabled",
        Shape::Boolean,
        "Whether tokens are issued for it at all.",
    ),
    Field::optional(
        "alternativeNames",
        open_list(&Shape::Text(&rule::NOT_BLANK), 100),
        "Names by which it can also be found.",
    ),
    Field::optional(
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
    Field::optional(
        "appRole",
        Shape::Text(&rule::TOKEN_VALUE),
        "The `value` of the app role; omitted, it is default access.",
    ),
];

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
    }],
    sets: &[],
    later: &[],
    switched: &[],
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
    later: &[],
    switched: &[],
    lane: Lane::Free,
    permissions: Permissions {
        read: &["Application.Read.All"],
        write: &["AppRoleAssignment.ReadWrite.All", "Application.Read.All"],
    },
};
