//! What Graph says of an application, its federated identity credentials and its delegated grants.

use crate::kind::entity::{
    Creation, Entity, Exclusive, Items, Lane, Last, Later, OnCreate, Permissions, Property,
    Relation, Removal, SetRead, Switched, complex, items, on_create, plain, read_only, set, words,
};

/// learn.microsoft.com, application resource, application-update and application-upsert.
pub(in crate::kind) static APPLICATION: Entity = Entity {
    name: "application",
    collection: "/applications",
    creation: Creation::Upsert { key: "uniqueName" },
    removal: Removal::Soft,
    properties: &[
        complex("api", API_PROPERTIES),
        read_only("appId"),
        items("appRoles", &APP_ROLES),
        plain("defaultRedirectUri"),
        plain("description"),
        plain("displayName"),
        plain("groupMembershipClaims"),
        set("identifierUris"),
        complex("info", INFO_PROPERTIES),
        plain("isDeviceOnlyAuthSupported"),
        plain("isFallbackPublicClient"),
        plain("notes"),
        complex("optionalClaims", OPTIONAL_CLAIMS_PROPERTIES),
        complex("publicClient", REDIRECTS),
        items("requiredResourceAccess", &REQUIRED_RESOURCES),
        plain("samlMetadataUrl"),
        plain("serviceManagementReference"),
        complex("servicePrincipalLockConfiguration", LOCK_PROPERTIES),
        plain("signInAudience"),
        complex("spa", REDIRECTS),
        set("tags"),
        read_only("uniqueName"),
        complex("web", WEB_PROPERTIES),
    ],
    relations: &[Relation {
        name: "owners",
        last: Last::Removable,
        after: &[],
    }],
    sets: &[],
    follows: &[],
    exclusive: &[Exclusive::Each("identifierUris")],
    later: &[
        Later {
            property: "identifierUris",
            than: &["api.requestedAccessTokenVersion", "signInAudience"],
            on_create: OnCreate::Later,
        },
        Later {
            property: "signInAudience",
            than: &["api.requestedAccessTokenVersion"],
            on_create: OnCreate::Together,
        },
        Later {
            property: "api.preAuthorizedApplications",
            than: &["api.oauth2PermissionScopes"],
            on_create: OnCreate::Later,
        },
        Later {
            property: "api.acceptMappedClaims",
            than: &[],
            on_create: OnCreate::Later,
        },
    ],
    switched: &[
        Switched {
            items: "appRoles",
            switch: "isEnabled",
            named_in: None,
            assigned_by: Some(("appRoleAssignment", "appRoleId")),
        },
        Switched {
            items: "api.oauth2PermissionScopes",
            switch: "isEnabled",
            named_in: Some(("api.preAuthorizedApplications", "delegatedPermissionIds")),
            assigned_by: None,
        },
    ],
    children_max: None,
    lane: Lane::Own,
    permissions: Permissions {
        read: &["Application.Read.All"],
        write: &["Application.ReadWrite.OwnedBy"],
    },
};

static API_PROPERTIES: &[Property] = &[
    plain("acceptMappedClaims"),
    set("knownClientApplications"),
    items("oauth2PermissionScopes", &PERMISSION_SCOPES),
    items("preAuthorizedApplications", &PRE_AUTHORIZED_APPLICATIONS),
    plain("requestedAccessTokenVersion"),
];

static PERMISSION_SCOPES: Items = Items {
    key: "value",
    id: Some("id"),
    members: &[
        plain("adminConsentDescription"),
        plain("adminConsentDisplayName"),
        plain("id"),
        plain("isEnabled"),
        plain("type"),
        plain("userConsentDescription"),
        plain("userConsentDisplayName"),
        plain("value"),
    ],
};

static PRE_AUTHORIZED_APPLICATIONS: Items = Items {
    key: "appId",
    id: None,
    members: &[plain("appId"), set("delegatedPermissionIds")],
};

static APP_ROLES: Items = Items {
    key: "value",
    id: Some("id"),
    members: &[
        set("allowedMemberTypes"),
        plain("description"),
        plain("displayName"),
        plain("id"),
        plain("isEnabled"),
        plain("value"),
    ],
};

static REQUIRED_RESOURCES: Items = Items {
    key: "resourceAppId",
    id: None,
    members: &[
        items("resourceAccess", &RESOURCE_ACCESS),
        plain("resourceAppId"),
    ],
};

static RESOURCE_ACCESS: Items = Items {
    key: "id",
    id: None,
    members: &[plain("id"), plain("type")],
};

static WEB_PROPERTIES: &[Property] = &[
    plain("homePageUrl"),
    complex(
        "implicitGrantSettings",
        &[
            plain("enableAccessTokenIssuance"),
            plain("enableIdTokenIssuance"),
        ],
    ),
    plain("logoutUrl"),
    set("redirectUris"),
];

static REDIRECTS: &[Property] = &[set("redirectUris")];

static INFO_PROPERTIES: &[Property] = &[
    plain("marketingUrl"),
    plain("privacyStatementUrl"),
    plain("supportUrl"),
    plain("termsOfServiceUrl"),
];

static OPTIONAL_CLAIMS_PROPERTIES: &[Property] = &[
    items("accessToken", &CLAIMS),
    items("idToken", &CLAIMS),
    items("saml2Token", &CLAIMS),
];

static CLAIMS: Items = Items {
    key: "name",
    id: None,
    members: &[
        set("additionalProperties"),
        plain("essential"),
        plain("name"),
        plain("source"),
    ],
};

static LOCK_PROPERTIES: &[Property] = &[
    plain("allProperties"),
    plain("credentialsWithUsageSign"),
    plain("credentialsWithUsageVerify"),
    plain("isEnabled"),
    plain("tokenEncryptionKeyId"),
];

/// learn.microsoft.com, federatedIdentityCredential resource and its upsert. Parallel writes below one
/// application are lost or refused, so they share the application's lane. One issuer and subject stand in one
/// credential of an application, which has at most 20 (workload-identity-federation-considerations).
pub(in crate::kind) static FEDERATED_IDENTITY_CREDENTIAL: Entity = Entity {
    name: "federatedIdentityCredential",
    collection: "/applications/{parent}/federatedIdentityCredentials",
    creation: Creation::Upsert { key: "name" },
    removal: Removal::Hard,
    properties: &[
        set("audiences"),
        plain("description"),
        plain("issuer"),
        on_create("name"),
        plain("subject"),
    ],
    relations: &[],
    sets: &[SetRead {
        by: None,
        url: "/applications/{owner}/federatedIdentityCredentials",
        parent: None,
    }],
    follows: &[],
    exclusive: &[
        Exclusive::Together(&["name"]),
        Exclusive::Together(&["issuer", "subject"]),
    ],
    later: &[],
    switched: &[],
    children_max: Some(20),
    lane: Lane::Parent,
    permissions: Permissions {
        read: &["Application.Read.All"],
        write: &["Application.ReadWrite.OwnedBy"],
    },
};

/// learn.microsoft.com, oAuth2PermissionGrant resource: one grant for each client, resource and principal;
/// `scope` is one string of values separated by spaces.
pub(in crate::kind) static OAUTH2_PERMISSION_GRANT: Entity = Entity {
    name: "oAuth2PermissionGrant",
    collection: "/oauth2PermissionGrants",
    creation: Creation::Post {
        key: &["clientId", "resourceId", "consentType"],
    },
    removal: Removal::Hard,
    properties: &[
        on_create("clientId"),
        on_create("consentType"),
        on_create("principalId"),
        on_create("resourceId"),
        words("scope"),
    ],
    relations: &[],
    sets: &[SetRead {
        by: Some("clientId"),
        url: "/servicePrincipals/{owner}/oauth2PermissionGrants",
        parent: None,
    }],
    follows: &[],
    exclusive: &[],
    later: &[],
    switched: &[],
    children_max: None,
    lane: Lane::Free,
    permissions: Permissions {
        read: &["Directory.Read.All"],
        write: &["DelegatedPermissionGrant.ReadWrite.All"],
    },
};
