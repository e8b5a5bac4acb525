//! The tables of declared properties, one per type.

use super::schema::{
    Access, Base, Form, Property, complex, complexes, flag, moment_of, of, text, texts,
};

const APP_ROLE: &[Property] = &[
    of("allowedMemberTypes", Form::Texts, Base::Required),
    text("description").limit(1024),
    text("displayName").limit(256),
    of("id", Form::Id, Base::Required),
    of("isEnabled", Form::Flag, Base::True),
    of("origin", Form::Text, Base::Word("Application")).read_only(),
    text("value").limit(120),
];

const PERMISSION_SCOPE: &[Property] = &[
    text("adminConsentDescription").limit(1024),
    text("adminConsentDisplayName").limit(100),
    of("id", Form::Id, Base::Required),
    of("isEnabled", Form::Flag, Base::True),
    of("type", Form::Text, Base::Word("User")),
    text("userConsentDescription").limit(1024),
    text("userConsentDisplayName").limit(100),
    text("value").limit(120),
];

const PRE_AUTHORIZED: &[Property] = &[
    of("appId", Form::Id, Base::Required),
    of("delegatedPermissionIds", Form::Ids, Base::Required),
];

const API: &[Property] = &[
    flag("acceptMappedClaims"),
    of("knownClientApplications", Form::Ids, Base::Empty),
    complexes("oauth2PermissionScopes", PERMISSION_SCOPE),
    complexes("preAuthorizedApplications", PRE_AUTHORIZED),
    of("requestedAccessTokenVersion", Form::Whole, Base::Null),
];

const INFO: &[Property] = &[
    text("logoUrl").read_only(),
    text("marketingUrl"),
    text("privacyStatementUrl"),
    text("supportUrl"),
    text("termsOfServiceUrl"),
];

const KEY_CREDENTIAL: &[Property] = &[
    text("customKeyIdentifier"),
    text("displayName"),
    moment_of("endDateTime"),
    text("key"),
    of("keyId", Form::Id, Base::Null),
    moment_of("startDateTime"),
    text("type"),
    text("usage"),
];

const PASSWORD_CREDENTIAL: &[Property] = &[
    text("customKeyIdentifier"),
    text("displayName"),
    moment_of("endDateTime"),
    text("hint"),
    of("keyId", Form::Id, Base::Null),
    text("secretText"),
    moment_of("startDateTime"),
];

const OPTIONAL_CLAIM: &[Property] = &[
    texts("additionalProperties"),
    of("essential", Form::Flag, Base::False),
    of("name", Form::Text, Base::Required),
    text("source"),
];

const OPTIONAL_CLAIMS: &[Property] = &[
    complexes("accessToken", OPTIONAL_CLAIM),
    complexes("idToken", OPTIONAL_CLAIM),
    complexes("saml2Token", OPTIONAL_CLAIM),
];

const RESOURCE_ACCESS: &[Property] = &[
    of("id", Form::Id, Base::Required),
    of("type", Form::Text, Base::Required),
];

const REQUIRED_RESOURCE_ACCESS: &[Property] = &[
    of(
        "resourceAccess",
        Form::Complexes(RESOURCE_ACCESS),
        Base::Required,
    ),
    of("resourceAppId", Form::Id, Base::Required),
];

const IMPLICIT_GRANT: &[Property] = &[
    of("enableAccessTokenIssuance", Form::Flag, Base::False),
    of("enableIdTokenIssuance", Form::Flag, Base::False),
];

const URI_SETTING: &[Property] = &[of("index", Form::Whole, Base::Null), text("uri")];

const WEB: &[Property] = &[
    text("homePageUrl"),
    complex("implicitGrantSettings", IMPLICIT_GRANT),
    text("logoutUrl").limit(255),
    texts("redirectUris"),
    complexes("redirectUriSettings", URI_SETTING),
];

const PLATFORM: &[Property] = &[texts("redirectUris")];

const VERIFIED_PUBLISHER: &[Property] = &[
    moment_of("addedDateTime"),
    text("displayName"),
    text("verifiedPublisherId"),
];

const PARENTAL: &[Property] = &[
    texts("countriesBlockedForMinors"),
    of("legalAgeGroupRule", Form::Text, Base::Word("Allow")),
];

const LOCK: &[Property] = &[
    flag("allProperties"),
    flag("credentialsWithUsageSign"),
    flag("credentialsWithUsageVerify"),
    of("isEnabled", Form::Flag, Base::Required),
    flag("tokenEncryptionKeyId"),
];

const SIGNATURE: &[Property] = &[
    text("allowedWeakAlgorithms"),
    of("isSignedRequestRequired", Form::Flag, Base::Required),
];

const AUTHENTICATION_BEHAVIORS: &[Property] = &[
    flag("blockAzureADGraphAccess"),
    flag("removeUnverifiedEmailClaim"),
    flag("requireClientServicePrincipal"),
];

pub(super) const APPLICATION: &[Property] = &[
    of("addIns", Form::Open, Base::Empty),
    complex("api", API),
    text("appId").read_only(),
    text("applicationTemplateId").read_only(),
    complexes("appRoles", APP_ROLE),
    complex("authenticationBehaviors", AUTHENTICATION_BEHAVIORS).base(Base::Unlisted),
    of("certification", Form::Open, Base::Null).read_only(),
    moment_of("createdDateTime").read_only(),
    text("defaultRedirectUri"),
    text("description").limit(1024),
    text("disabledByMicrosoftStatus").read_only(),
    text("displayName").limit(256),
    text("groupMembershipClaims"),
    texts("identifierUris"),
    complex("info", INFO),
    flag("isDeviceOnlyAuthSupported"),
    flag("isDisabled").access(Access::AfterCreation),
    flag("isFallbackPublicClient"),
    complexes("keyCredentials", KEY_CREDENTIAL),
    of("managerApplications", Form::Ids, Base::Unlisted),
    text("nativeAuthenticationApisEnabled"),
    text("notes").limit(1024),
    of("oauth2RequirePostResponse", Form::Flag, Base::False),
    complex("optionalClaims", OPTIONAL_CLAIMS).base(Base::Null),
    complex("parentalControlSettings", PARENTAL),
    complexes("passwordCredentials", PASSWORD_CREDENTIAL).read_only(),
    complex("publicClient", PLATFORM),
    text("publisherDomain").read_only(),
    complex("requestSignatureVerification", SIGNATURE).base(Base::Null),
    complexes("requiredResourceAccess", REQUIRED_RESOURCE_ACCESS),
    text("samlMetadataUrl"),
    text("serviceManagementReference"),
    complex("servicePrincipalLockConfiguration", LOCK).base(Base::Null),
    text("signInAudience"),
    complex("spa", PLATFORM),
    texts("tags").limit(256),
    of("tokenEncryptionKeyId", Form::Id, Base::Null).access(Access::AfterCreation),
    text("uniqueName").access(Access::Once),
    complex("verifiedPublisher", VERIFIED_PUBLISHER).read_only(),
    complex("web", WEB),
];

const SAML: &[Property] = &[text("relayState")];

pub(super) const SERVICE_PRINCIPAL: &[Property] = &[
    of("accountEnabled", Form::Flag, Base::True),
    of("addIns", Form::Open, Base::Empty),
    texts("alternativeNames"),
    text("appDescription").read_only(),
    text("appDisplayName").read_only(),
    of("appId", Form::Id, Base::Null).access(Access::AtCreation),
    text("applicationTemplateId").read_only(),
    text("appOwnerOrganizationId").read_only(),
    of("appRoleAssignmentRequired", Form::Flag, Base::False),
    complexes("appRoles", APP_ROLE).read_only(),
    moment_of("createdDateTime").read_only(),
    of("customSecurityAttributes", Form::Open, Base::Unlisted).access(Access::AfterCreation),
    text("description").limit(1024),
    text("disabledByMicrosoftStatus").read_only(),
    text("displayName").read_only(),
    text("homepage"),
    complex("info", INFO).read_only(),
    complexes("keyCredentials", KEY_CREDENTIAL),
    text("loginUrl").limit(1024),
    text("logoutUrl").limit(1024),
    text("notes").limit(1024),
    texts("notificationEmailAddresses"),
    complexes("oauth2PermissionScopes", PERMISSION_SCOPE).read_only(),
    complexes("passwordCredentials", PASSWORD_CREDENTIAL).read_only(),
    text("preferredSingleSignOnMode"),
    text("preferredTokenSigningKeyThumbprint").access(Access::AfterCreation),
    texts("replyUrls").read_only(),
    of(
        "resourceSpecificApplicationPermissions",
        Form::Open,
        Base::Empty,
    )
    .read_only(),
    complex("samlSingleSignOnSettings", SAML).base(Base::Null),
    texts("servicePrincipalNames").read_only(),
    of(
        "servicePrincipalType",
        Form::Text,
        Base::Word("Application"),
    )
    .read_only(),
    text("signInAudience").read_only(),
    texts("tags").limit(256),
    of("tokenEncryptionKeyId", Form::Id, Base::Null).access(Access::AfterCreation),
    complex("verifiedPublisher", VERIFIED_PUBLISHER).read_only(),
];

pub(super) const GROUP: &[Property] = &[
    flag("allowExternalSenders")
        .base(Base::Unlisted)
        .access(Access::AfterCreation),
    flag("autoSubscribeNewMembers")
        .base(Base::Unlisted)
        .access(Access::AfterCreation),
    text("classification"),
    moment_of("createdDateTime").read_only(),
    text("description").limit(1024),
    text("displayName").limit(256),
    moment_of("expirationDateTime").read_only(),
    texts("groupTypes"),
    flag("hideFromAddressLists")
        .base(Base::Unlisted)
        .access(Access::AfterCreation),
    flag("hideFromOutlookClients")
        .base(Base::Unlisted)
        .access(Access::AfterCreation),
    flag("isAssignableToRole").access(Access::AtCreation),
    flag("isManagementRestricted").read_only(),
    text("mail").read_only(),
    flag("mailEnabled"),
    text("mailNickname").limit(64),
    text("membershipRule"),
    text("membershipRuleProcessingState"),
    text("onPremisesDomainName").read_only(),
    moment_of("onPremisesLastSyncDateTime").read_only(),
    text("onPremisesNetBiosName").read_only(),
    of("onPremisesProvisioningErrors", Form::Open, Base::Empty).read_only(),
    text("onPremisesSamAccountName").read_only(),
    text("onPremisesSecurityIdentifier").read_only(),
    flag("onPremisesSyncEnabled").read_only(),
    text("preferredDataLocation"),
    text("preferredLanguage"),
    texts("proxyAddresses").read_only(),
    moment_of("renewedDateTime").read_only(),
    texts("resourceBehaviorOptions").access(Access::AtCreation),
    texts("resourceProvisioningOptions"),
    flag("securityEnabled"),
    text("securityIdentifier").read_only(),
    of("serviceProvisioningErrors", Form::Open, Base::Empty).read_only(),
    text("theme"),
    text("uniqueName").access(Access::Once),
    text("visibility"),
];

pub(super) const USER: &[Property] = &[
    flag("accountEnabled"),
    of("businessPhones", Form::Texts, Base::Empty),
    text("companyName"),
    moment_of("createdDateTime").read_only(),
    text("creationType").read_only(),
    text("department"),
    text("displayName").limit(256),
    text("employeeId"),
    text("givenName"),
    text("jobTitle"),
    text("mail"),
    text("mailNickname").limit(64),
    text("mobilePhone"),
    text("officeLocation"),
    flag("onPremisesSyncEnabled").read_only(),
    of("passwordProfile", Form::Open, Base::Null).access(Access::Hidden),
    text("preferredLanguage"),
    text("surname"),
    text("usageLocation"),
    text("userPrincipalName").limit(113),
    text("userType"),
];

pub(super) const ADMINISTRATIVE_UNIT: &[Property] = &[
    text("description").limit(1024),
    text("displayName").limit(256),
    flag("isMemberManagementRestricted").access(Access::AtCreation),
    text("membershipRule"),
    text("membershipRuleProcessingState"),
    text("membershipType"),
    text("visibility"),
];

pub(super) const NAMED: &[Property] = &[text("displayName").limit(256)];

/// A federated identity credential.
pub(super) const FEDERATED: &[Property] = &[
    texts("audiences").limit(600),
    text("description").limit(600),
    text("issuer").limit(600),
    text("name").access(Access::AtCreation),
    text("subject").limit(600),
];

/// An app role assignment.
pub(super) const ASSIGNMENT: &[Property] = &[
    of("appRoleId", Form::Id, Base::Required),
    moment_of("createdDateTime").read_only(),
    text("principalDisplayName").read_only(),
    of("principalId", Form::Id, Base::Required),
    text("principalType").read_only(),
    text("resourceDisplayName").read_only(),
    of("resourceId", Form::Id, Base::Required),
];

/// A delegated grant.
pub(super) const GRANT: &[Property] = &[
    of("clientId", Form::Id, Base::Required).access(Access::AtCreation),
    text("consentType").access(Access::AtCreation),
    of("principalId", Form::Id, Base::Null).access(Access::AtCreation),
    of("resourceId", Form::Id, Base::Required).access(Access::AtCreation),
    text("scope").limit(3850),
];

const ROLE_PERMISSION: &[Property] = &[
    of("allowedResourceActions", Form::Texts, Base::Required),
    text("condition"),
    of("excludedResourceActions", Form::Texts, Base::Empty).read_only(),
];

/// A directory role's definition.
pub(super) const ROLE_DEFINITION: &[Property] = &[
    text("description"),
    of("displayName", Form::Text, Base::Required),
    flag("isBuiltIn").read_only(),
    of("isEnabled", Form::Flag, Base::Required),
    texts("resourceScopes"),
    of(
        "rolePermissions",
        Form::Complexes(ROLE_PERMISSION),
        Base::Required,
    ),
    of("templateId", Form::Id, Base::Null),
    text("version").limit(128),
];

/// The assignment of a directory role.
pub(super) const ROLE_ASSIGNMENT: &[Property] = &[
    text("appScopeId"),
    text("condition"),
    text("directoryScopeId"),
    of("principalId", Form::Id, Base::Required),
    text("principalOrganizationId").read_only(),
    of("roleDefinitionId", Form::Id, Base::Required),
];
