//! Applications: what `kind: application` may say, and what Graph says of an application.

mod audience;
mod check;
mod desire;
mod entities;

pub(super) use desire::check_role;
pub(super) use entities::{APPLICATION, FEDERATED_IDENTITY_CREDENTIAL, OAUTH2_PERMISSION_GRANT};

use super::service_principal;
use super::shape::{Field, Shape, exact_list, filled_list, open_list};
use super::{COMMON_FIELDS, Documents, Kind, rule};

pub(super) static KIND: Kind = Kind {
    name: "application",
    doc: "An app registration with everything that belongs to it: roles, scopes, permissions and consent, \
          credentials, and its service principal.",
    fields: &[COMMON_FIELDS, FIELDS],
    documents: Documents::Declared,
    parts: &[
        (
            "federatedIdentityCredentials",
            "federatedIdentityCredential",
        ),
        ("servicePrincipal", "servicePrincipal"),
    ],
    desire: desire::desire,
};

static FIELDS: &[Field] = &[
    Field::required(
        "displayName",
        Shape::Text(&rule::APPLICATION_DISPLAY_NAME),
        "The name that people see when they consent.",
    ),
    Field::optional(
        "description",
        Shape::Text(&rule::TEXT),
        "What the application is for.",
    ),
    Field::optional(
        "notes",
        Shape::Text(&rule::TEXT),
        "Free text for administrators.",
    ),
    Field::never_empty(
        "signInAudience",
        Shape::OneOf(&[
            "AzureADMyOrg",
            "AzureADMultipleOrgs",
            "AzureADandPersonalMicrosoftAccount",
            "PersonalMicrosoftAccount",
        ]),
        "Whose accounts can sign in; omitted, idac creates the application for this tenant only.",
    ),
    Field::optional(
        "identifierUris",
        open_list(&Shape::Text(&rule::IDENTIFIER_URI), 50),
        "The URIs by which tokens name the application, usually `api://${self.appId}`.",
    ),
    Field::optional(
        "owners",
        open_list(
            &Shape::Reference(&["user", "servicePrincipal", "application", "existing"]),
            100,
        ),
        "Who may manage the registration: users and service principals, never groups.",
    ),
    Field::optional(
        "tags",
        open_list(&Shape::Text(&rule::TAG), 100),
        "Tags of your own.",
    ),
    Field::optional(
        "groupMembershipClaims",
        Shape::Text(&rule::GROUP_CLAIMS),
        "Which groups go into tokens: `None`, `SecurityGroup`, `DirectoryRole`, `ApplicationGroup` or `All`, separated by commas.",
    ),
    Field::optional(
        "isFallbackPublicClient",
        Shape::Boolean,
        "Whether a sign-in that does not say is taken for one of a public client.",
    ),
    Field::optional(
        "isDeviceOnlyAuthSupported",
        Shape::Boolean,
        "Whether a device may sign in without a user.",
    ),
    Field::optional(
        "serviceManagementReference",
        Shape::Text(&rule::TEXT),
        "The id of the application in a service management tool.",
    ),
    Field::optional(
        "defaultRedirectUri",
        Shape::Text(&rule::REDIRECT_URI),
        "Where a sign-in that does not say is sent.",
    ),
    Field::optional(
        "samlMetadataUrl",
        Shape::Text(&rule::URL),
        "Where the SAML metadata is.",
    ),
    Field::optional(
        "api",
        Shape::Map(API),
        "What the application offers as an API.",
    ),
    Field::optional(
        "appRoles",
        open_list(&Shape::Map(APP_ROLE), 700),
        "The roles that users, groups and applications can be assigned.",
    ),
    Field::optional(
        "requiredResourceAccess",
        exact_list(&Shape::Map(REQUIRED_RESOURCE), 50),
        "The permissions on other APIs that the application asks for.",
    ),
    Field::optional("web", Shape::Map(WEB), "Settings of a web application."),
    Field::optional(
        "spa",
        Shape::Map(SPA),
        "Settings of a single-page application.",
    ),
    Field::optional(
        "publicClient",
        Shape::Map(PUBLIC_CLIENT),
        "Settings of an installed application.",
    ),
    Field::optional(
        "info",
        Shape::Map(INFO),
        "Links that people see when they consent.",
    ),
    Field::optional(
        "optionalClaims",
        Shape::Map(OPTIONAL_CLAIMS),
        "Claims that tokens carry besides the usual ones.",
    ),
    Field::optional(
        "servicePrincipalLockConfiguration",
        Shape::Map(LOCK),
        "What other tenants may not change on their service principal of this application.",
    ),
    Field::optional(
        "federatedIdentityCredentials",
        open_list(&Shape::Map(FEDERATED_CREDENTIAL), 20),
        "Whose tokens are accepted in place of a secret.",
    ),
    Field::optional(
        "servicePrincipal",
        Shape::Map(service_principal::FIELDS),
        "The application's service principal in this tenant.",
    ),
];

static API: &[Field] = &[
    Field::optional(
        "acceptMappedClaims",
        Shape::Boolean,
        "Whether claims mapping needs no signing key of the application's own.",
    ),
    Field::optional(
        "requestedAccessTokenVersion",
        Shape::Integer { least: 1, most: 2 },
        "The version of the access tokens that the API takes.",
    ),
    Field::optional(
        "knownClientApplications",
        open_list(&Shape::Text(&rule::RESOURCE), 100),
        "Clients whose consent includes this API: addresses or appIds.",
    ),
    Field::optional(
        "oauth2PermissionScopes",
        open_list(&Shape::Map(PERMISSION_SCOPE), 700),
        "The delegated permissions that the API offers.",
    ),
    Field::optional(
        "preAuthorizedApplications",
        open_list(&Shape::Map(PRE_AUTHORIZED), 500),
        "Clients that need no consent for certain permission scopes.",
    ),
];

static PERMISSION_SCOPE: &[Field] = &[
    Field::required(
        "value",
        Shape::Text(&rule::TOKEN_VALUE),
        "What tokens carry in `scp`.",
    ),
    Field::never_empty(
        "id",
        Shape::Text(&rule::GUID),
        "Insists on this id; omitted, it is derived and never changes.",
    ),
    Field::never_empty(
        "type",
        Shape::OneOf(&["User", "Admin"]),
        "Who can consent; omitted, users can.",
    ),
    Field::never_empty(
        "isEnabled",
        Shape::Boolean,
        "Whether it can be granted; omitted, it can.",
    ),
    Field::required(
        "adminConsentDisplayName",
        Shape::Text(&rule::CONSENT_DISPLAY_NAME),
        "What administrators read.",
    ),
    Field::required(
        "adminConsentDescription",
        Shape::Text(&rule::TEXT),
        "What administrators read below it.",
    ),
    Field::optional(
        "userConsentDisplayName",
        Shape::Text(&rule::CONSENT_DISPLAY_NAME),
        "What users read.",
    ),
    Field::optional(
        "userConsentDescription",
        Shape::Text(&rule::TEXT),
        "What users read below it.",
    ),
];

static PRE_AUTHORIZED: &[Field] = &[
    Field::required(
        "application",
        Shape::Text(&rule::RESOURCE),
        "The client: `application/<name>`, or an appId.",
    ),
    Field::required(
        "scopes",
        exact_list(&Shape::Text(&rule::TOKEN_VALUE), 100),
        "The `value`s of this application's permission scopes.",
    ),
];

static APP_ROLE: &[Field] = &[
    Field::required(
        "value",
        Shape::Text(&rule::TOKEN_VALUE),
        "What tokens carry in `roles`.",
    ),
    Field::never_empty(
        "id",
        Shape::Text(&rule::GUID),
        "Insists on this id; omitted, it is derived and never changes.",
    ),
    Field::required(
        "displayName",
        Shape::Text(&rule::CONSENT_DISPLAY_NAME),
        "The name that administrators see.",
    ),
    Field::required(
        "description",
        Shape::Text(&rule::TEXT),
        "What an assigned principal may do.",
    ),
    Field::required(
        "allowedMemberTypes",
        filled_list(&Shape::OneOf(&["User", "Application"]), 2),
        "Who can be assigned: `User` (users and groups), `Application`, or both.",
    ),
    Field::never_empty(
        "isEnabled",
        Shape::Boolean,
        "Whether it can be assigned; omitted, it can.",
    ),
];

static REQUIRED_RESOURCE: &[Field] = &[
    Field::required(
        "resource",
        Shape::Text(&rule::RESOURCE),
        "The API: a published name such as `Microsoft Graph`, an appId, or an address.",
    ),
    Field::optional(
        "scopes",
        exact_list(&Shape::Text(&rule::TOKEN_VALUE), 400),
        "Delegated permissions, by `value`.",
    ),
    Field::optional(
        "appRoles",
        exact_list(&Shape::Text(&rule::TOKEN_VALUE), 400),
        "Application permissions, by `value`.",
    ),
    Field::never_empty(
        "adminConsent",
        Shape::Boolean,
        "Whether idac consents for the whole tenant; omitted, the permissions are only asked for.",
    ),
];

static WEB: &[Field] = &[
    Field::optional("homePageUrl", Shape::Text(&rule::URL), "The home page."),
    Field::optional(
        "logoutUrl",
        Shape::Text(&rule::URL),
        "Where a sign-out is announced.",
    ),
    Field::optional(
        "redirectUris",
        open_list(&Shape::Text(&rule::REDIRECT_URI), 256),
        "Where tokens and codes may be sent.",
    ),
    Field::optional(
        "implicitGrantSettings",
        Shape::Map(IMPLICIT_GRANT),
        "Tokens that are issued without a code.",
    ),
];

static IMPLICIT_GRANT: &[Field] = &[
    Field::never_empty(
        "enableAccessTokenIssuance",
        Shape::Boolean,
        "Whether access tokens are issued so.",
    ),
    Field::never_empty(
        "enableIdTokenIssuance",
        Shape::Boolean,
        "Whether ID tokens are issued so.",
    ),
];

static SPA: &[Field] = &[Field::optional(
    "redirectUris",
    open_list(&Shape::Text(&rule::REDIRECT_URI), 256),
    "Where codes may be sent.",
)];

static PUBLIC_CLIENT: &[Field] = &[Field::optional(
    "redirectUris",
    open_list(&Shape::Text(&rule::NATIVE_REDIRECT_URI), 256),
    "Where codes may be sent.",
)];

static INFO: &[Field] = &[
    Field::optional(
        "marketingUrl",
        Shape::Text(&rule::URL),
        "About the application.",
    ),
    Field::optional(
        "privacyStatementUrl",
        Shape::Text(&rule::URL),
        "Its privacy statement.",
    ),
    Field::optional(
        "supportUrl",
        Shape::Text(&rule::URL),
        "Where to get support.",
    ),
    Field::optional(
        "termsOfServiceUrl",
        Shape::Text(&rule::URL),
        "Its terms of service.",
    ),
];

static OPTIONAL_CLAIMS: &[Field] = &[
    Field::optional(
        "idToken",
        exact_list(&Shape::Map(CLAIM), 100),
        "In ID tokens.",
    ),
    Field::optional(
        "accessToken",
        exact_list(&Shape::Map(CLAIM), 100),
        "In access tokens.",
    ),
    Field::optional(
        "saml2Token",
        exact_list(&Shape::Map(CLAIM), 100),
        "In SAML tokens.",
    ),
];

static CLAIM: &[Field] = &[
    Field::required("name", Shape::Text(&rule::NOT_BLANK), "The claim."),
    Field::optional(
        "source",
        Shape::Text(&rule::NOT_BLANK),
        "Where it comes from; `user` for an extension property.",
    ),
    Field::never_empty(
        "essential",
        Shape::Boolean,
        "Whether sign-in should be smooth because of it.",
    ),
    Field::optional(
        "additionalProperties",
        exact_list(&Shape::Text(&rule::NOT_BLANK), 20),
        "How the claim is shaped.",
    ),
];

static LOCK: &[Field] = &[
    Field::required("isEnabled", Shape::Boolean, "Whether the lock is on."),
    Field::optional(
        "allProperties",
        Shape::Boolean,
        "Locks all sensitive properties.",
    ),
    Field::optional(
        "credentialsWithUsageVerify",
        Shape::Boolean,
        "Locks credentials that verify.",
    ),
    Field::optional(
        "credentialsWithUsageSign",
        Shape::Boolean,
        "Locks credentials that sign.",
    ),
    Field::optional(
        "tokenEncryptionKeyId",
        Shape::Boolean,
        "Locks the token encryption key.",
    ),
];

static FEDERATED_CREDENTIAL: &[Field] = &[
    Field::required(
        "name",
        Shape::Text(&rule::CREDENTIAL_NAME),
        "Its name in the application; it cannot change.",
    ),
    Field::required(
        "issuer",
        Shape::Text(&rule::ISSUER),
        "`iss` of the tokens that are accepted.",
    ),
    Field::required(
        "subject",
        Shape::Text(&rule::CLAIM),
        "`sub` of the tokens that are accepted.",
    ),
    Field::never_empty(
        "audiences",
        filled_list(&Shape::Text(&rule::CLAIM), 1),
        "`aud` of the tokens that are accepted; omitted, `api://AzureADTokenExchange`.",
    ),
    Field::optional(
        "description",
        Shape::Text(&rule::CREDENTIAL_DESCRIPTION),
        "What it is for.",
    ),
];
