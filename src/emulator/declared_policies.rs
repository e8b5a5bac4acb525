//! The tables of declared properties of policies and the like. Source: the CSDL of v1.0 (semantics, appendix A).

use super::schema::{Access, Base, Form, Property, complex, flag, moment_of, of, text, texts};

const fn open(name: &'static str) -> Property {
    of(name, Form::Open, Base::Null)
}

const fn optional(name: &'static str, members: &'static [Property]) -> Property {
    complex(name, members).base(Base::Null)
}

pub(super) const NAMED_LOCATION: &[Property] = &[
    texts("countriesAndRegions"),
    of(
        "countryLookupMethod",
        Form::Text,
        Base::Word("clientIpAddress"),
    ),
    moment_of("createdDateTime").read_only(),
    text("displayName").limit(256),
    of("includeUnknownCountriesAndRegions", Form::Flag, Base::False),
    of("ipRanges", Form::Open, Base::Empty),
    of("isTrusted", Form::Flag, Base::False),
    moment_of("modifiedDateTime").read_only(),
];

const USERS: &[Property] = &[
    texts("excludeGroups"),
    open("excludeGuestsOrExternalUsers"),
    texts("excludeRoles"),
    texts("excludeUsers"),
    texts("includeGroups"),
    open("includeGuestsOrExternalUsers"),
    texts("includeRoles"),
    texts("includeUsers"),
];

const APPLICATIONS: &[Property] = &[
    open("applicationFilter"),
    texts("excludeApplications"),
    texts("includeApplications"),
    texts("includeAuthenticationContextClassReferences"),
    texts("includeUserActions"),
];

const CLIENT_APPLICATIONS: &[Property] = &[
    texts("excludeServicePrincipals"),
    texts("includeServicePrincipals"),
    open("servicePrincipalFilter"),
];

const CONDITIONS: &[Property] = &[
    complex("applications", APPLICATIONS),
    optional("authenticationFlows", &[text("transferMethods")]),
    optional("clientApplications", CLIENT_APPLICATIONS),
    texts("clientAppTypes"),
    optional("devices", &[open("deviceFilter")]),
    text("insiderRiskLevels"),
    optional(
        "locations",
        &[texts("excludeLocations"), texts("includeLocations")],
    ),
    optional(
        "platforms",
        &[texts("excludePlatforms"), texts("includePlatforms")],
    ),
    texts("servicePrincipalRiskLevels"),
    texts("signInRiskLevels"),
    texts("userRiskLevels"),
    complex("users", USERS),
];

const GRANT_CONTROLS: &[Property] = &[
    open("authenticationStrength"),
    texts("builtInControls"),
    texts("customAuthenticationFactors"),
    text("operator"),
    texts("termsOfUse"),
];

const SESSION_CONTROLS: &[Property] = &[
    open("applicationEnforcedRestrictions"),
    open("cloudAppSecurity"),
    open("continuousAccessEvaluation"),
    flag("disableResilienceDefaults"),
    open("persistentBrowser"),
    open("secureSignInSession"),
    open("signInFrequency"),
];

pub(super) const CONDITIONAL_ACCESS: &[Property] = &[
    optional("conditions", CONDITIONS),
    moment_of("createdDateTime").read_only(),
    text("description").read_only(),
    text("displayName").limit(256),
    optional("grantControls", GRANT_CONTROLS),
    moment_of("modifiedDateTime").read_only(),
    optional("sessionControls", SESSION_CONTROLS),
    text("state"),
    text("templateId").read_only(),
];

pub(super) const AUTHENTICATION_STRENGTH: &[Property] = &[
    texts("allowedCombinations").access(Access::AtCreation),
    moment_of("createdDateTime").read_only(),
    text("description"),
    text("displayName").limit(30),
    moment_of("modifiedDateTime").read_only(),
    of("policyType", Form::Text, Base::Word("custom")),
    of("requirementsSatisfied", Form::Text, Base::Word("mfa")),
];

pub(super) const APP_MANAGEMENT: &[Property] = &[
    moment_of("deletedDateTime").read_only(),
    text("description").limit(1024),
    text("displayName").limit(256),
    of("isEnabled", Form::Flag, Base::False),
    open("restrictions"),
];

pub(super) const DEFAULT_APP_MANAGEMENT: &[Property] = &[
    open("applicationRestrictions"),
    moment_of("deletedDateTime").read_only(),
    text("description").limit(1024),
    text("displayName").limit(256),
    of("isEnabled", Form::Flag, Base::False),
    open("servicePrincipalRestrictions"),
];

pub(super) const TOKEN_POLICY: &[Property] = &[
    texts("definition"),
    moment_of("deletedDateTime").read_only(),
    text("description").limit(1024),
    text("displayName").limit(256),
    of("isOrganizationDefault", Form::Flag, Base::False),
];

pub(super) const PERMISSION_CLASSIFICATION: &[Property] = &[
    text("classification"),
    text("permissionId"),
    text("permissionName"),
];

pub(super) const EXTENSION_PROPERTY: &[Property] = &[
    text("appDisplayName").read_only(),
    text("dataType"),
    moment_of("deletedDateTime").read_only(),
    of("isMultiValued", Form::Flag, Base::False),
    of("isSyncedFromOnPremises", Form::Flag, Base::False).read_only(),
    text("name"),
    texts("targetObjects"),
];

pub(super) const USER_FLOW_ATTRIBUTE: &[Property] = &[
    text("dataType").access(Access::AtCreation),
    text("description"),
    text("displayName").access(Access::AtCreation),
    text("userFlowAttributeType").read_only(),
];
