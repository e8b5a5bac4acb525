//! Conditional access: named locations, policies and authentication strengths. Source: the resource and create pages
//! (conditionalaccesspolicy, ipnamedlocation, countrynamedlocation, authenticationstrengthpolicy) and
//! conditional-access/location-condition.

use serde_json::{Value, json};

use super::body;
use super::document::{DocumentSet, Draft};
use super::documents;
use super::edit::{list, texts, word};
use super::guid::Guid;
use super::problem::Problem;
use super::record::Properties;
use super::schema;
use super::tenant::Tenant;

/// How many policies a tenant may have.
const POLICY_LIMIT: usize = 195;
/// How many named locations a tenant may have, and how many ranges each.
const LOCATION_LIMIT: usize = 195;
const RANGE_LIMIT: usize = 2000;
/// How many custom authentication strengths a tenant may have.
const STRENGTH_LIMIT: usize = 15;

const CLIENT_APP_TYPES: &[&str] = &[
    "all",
    "browser",
    "mobileAppsAndDesktopClients",
    "exchangeActiveSync",
    "easSupported",
    "other",
];
const CONTROLS: &[&str] = &[
    "block",
    "mfa",
    "compliantDevice",
    "domainJoinedDevice",
    "approvedApplication",
    "compliantApplication",
    "passwordChange",
];
const RISKS: &[&str] = &["low", "medium", "high", "hidden", "none"];
const PLATFORMS: &[&str] = &[
    "all",
    "android",
    "iOS",
    "linux",
    "macOS",
    "windows",
    "windowsPhone",
];
const STATES: &[&str] = &["enabled", "disabled", "enabledForReportingButNotEnforced"];

/// The authentication strengths that every tenant has.
const BUILT_IN: [(&str, &str, &[&str]); 3] = [
    (
        "00000000-0000-0000-0000-000000000002",
        "Multifactor authentication",
        &[
            "windowsHelloForBusiness",
            "fido2",
            "x509CertificateMultiFactor",
            "deviceBasedPush",
            "temporaryAccessPassOneTime",
            "password,microsoftAuthenticatorPush",
            "password,softwareOath",
            "password,sms",
        ],
    ),
    (
        "00000000-0000-0000-0000-000000000003",
        "Passwordless MFA",
        &[
            "windowsHelloForBusiness",
            "fido2",
            "x509CertificateMultiFactor",
            "deviceBasedPush",
        ],
    ),
    (
        "00000000-0000-0000-0000-000000000004",
        "Phishing-resistant MFA",
        &[
            "windowsHelloForBusiness",
            "fido2",
            "x509CertificateMultiFactor",
        ],
    ),
];

/// Puts the built-in authentication strengths into a new tenant.
pub(super) fn found(tenant: &mut Tenant) {
    let set = DocumentSet::AuthenticationStrengthPolicy;
    for (id, name, combinations) in BUILT_IN {
        let mut strength = schema::defaults(set.declared());
        for (property, value) in [
            ("displayName", json!(name)),
            ("policyType", json!("builtIn")),
            ("allowedCombinations", json!(combinations)),
        ] {
            strength.insert(property.to_owned(), value);
        }
        documents::put(tenant, set, Guid::ZERO, id, strength);
    }
}

/// A refusal of the conditional access service: its own numbers stand before the text.
fn refusal(number: u16, text: &str) -> Problem {
    Problem::new(400, "BadRequest", format!("{number}: {text}"))
}

/// What a policy meets that is not one.
fn malformed() -> Problem {
    refusal(
        1007,
        "Incoming ConditionalAccessPolicy object is null or does not match the schema of ConditionalAccessPolicy type. For examples, please see API documentation at https://docs.microsoft.com/en-us/graph/api/conditionalaccessroot-post-policies?view=graph-rest-1.0.",
    )
}

pub(super) fn settle_location(tenant: &mut Tenant, draft: &mut Draft<'_>) -> Result<(), Problem> {
    let wrong = |name: &str| Problem::invalid_value(name, "NamedLocation");
    if word_of(&draft.after, "displayName").is_none_or(str::is_empty) {
        return Err(Problem::required("displayName", "NamedLocation"));
    }
    let set = DocumentSet::NamedLocation;
    let count = documents::all(tenant, set, Guid::ZERO).count();
    if draft.before.is_none() && count >= LOCATION_LIMIT {
        return Err(Problem::bad(
            "The number of named locations exceeds the maximum of 195.",
        ));
    }
    if word_of(&draft.after, "@odata.type") == Some("#microsoft.graph.ipNamedLocation") {
        let ranges: Vec<&Value> = list(draft.after.get("ipRanges")).collect();
        let fits =
            !ranges.is_empty() && ranges.len() <= RANGE_LIMIT && ranges.into_iter().all(is_range);
        return if fits { Ok(()) } else { Err(wrong("ipRanges")) };
    }
    let countries: Vec<&str> = texts(&draft.after, "countriesAndRegions").collect();
    let is_country =
        |code: &&str| code.len() == 2 && code.chars().all(|sign| sign.is_ascii_uppercase());
    if countries.is_empty() || !countries.iter().all(is_country) {
        return Err(wrong("countriesAndRegions"));
    }
    match word_of(&draft.after, "countryLookupMethod") {
        Some("clientIpAddress" | "authenticatorAppGps") => Ok(()),
        Some(_) | None => Err(wrong("countryLookupMethod")),
    }
}

/// A trusted location is untrusted first, and one that a policy names stays.
pub(super) fn forget_location(
    tenant: &mut Tenant,
    id: &str,
    location: &Properties,
) -> Result<(), Problem> {
    if location.get("isTrusted") == Some(&json!(true)) {
        return Err(Problem::new(
            400,
            "BadRequest",
            "A named location that is marked as trusted cannot be deleted; it has to be unmarked first.",
        ));
    }
    let set = DocumentSet::ConditionalAccessPolicy;
    let used = documents::all(tenant, set, Guid::ZERO).any(|(_, policy)| {
        let locations = &policy["conditions"]["locations"];
        ["includeLocations", "excludeLocations"]
            .iter()
            .any(|name| list(locations.get(name)).any(|one| one == id))
    });
    if used {
        return Err(Problem::new(
            400,
            "BadRequest",
            "The named location is used by a conditional access policy and cannot be deleted.",
        ));
    }
    Ok(())
}

/// `10.0.0.0/8` or `2001:db8::/32`, of the type that says so.
fn is_range(range: &Value) -> bool {
    let Some((address, length)) = word(range, "cidrAddress").and_then(|text| text.split_once('/'))
    else {
        return false;
    };
    let longest = match word(range, "@odata.type") {
        Some("#microsoft.graph.iPv4CidrRange") => {
            address.parse::<core::net::Ipv4Addr>().ok().map(|_| 32)
        }
        Some("#microsoft.graph.iPv6CidrRange") => {
            address.parse::<core::net::Ipv6Addr>().ok().map(|_| 128)
        }
        Some(_) | None => None,
    };
    let length = length.parse::<u8>().ok();
    longest.is_some_and(|longest| length.is_some_and(|length| (1..=longest).contains(&length)))
}

pub(super) fn settle_policy(tenant: &mut Tenant, draft: &mut Draft<'_>) -> Result<(), Problem> {
    let after = &draft.after;
    if word_of(after, "displayName").is_none_or(str::is_empty) {
        return Err(malformed());
    }
    if !word_of(after, "state").is_some_and(|state| STATES.contains(&state)) {
        return Err(malformed());
    }
    let set = DocumentSet::ConditionalAccessPolicy;
    let count = documents::all(tenant, set, Guid::ZERO).count();
    if draft.before.is_none() && count >= POLICY_LIMIT {
        return Err(Problem::bad(
            "The number of conditional access policies exceeds the maximum of 195.",
        ));
    }
    conditions(tenant, after.get("conditions").unwrap_or(&Value::Null))?;
    controls(tenant, after)
}

fn conditions(tenant: &Tenant, conditions: &Value) -> Result<(), Problem> {
    let filled = |of: &str, name: &str| list(conditions[of].get(name)).next().is_some();
    let any = |of: &str, names: &[&str]| names.iter().any(|name| filled(of, name));
    let applications = any(
        "applications",
        &[
            "includeApplications",
            "includeAuthenticationContextClassReferences",
            "includeUserActions",
        ],
    ) || !conditions["applications"]["applicationFilter"].is_null();
    let users = any("users", &["includeGroups", "includeRoles", "includeUsers"])
        || !conditions["users"]["includeGuestsOrExternalUsers"].is_null()
        || filled("clientApplications", "includeServicePrincipals");
    if !applications || !users || list(conditions.get("clientAppTypes")).next().is_none() {
        return Err(malformed());
    }
    for (of, known) in [
        ("clientAppTypes", CLIENT_APP_TYPES),
        ("signInRiskLevels", RISKS),
        ("userRiskLevels", RISKS),
        ("servicePrincipalRiskLevels", RISKS),
    ] {
        only(conditions.get(of), |one| known.contains(&one))?;
    }
    let id_or = |words: &'static [&'static str]| {
        move |one: &str| words.contains(&one) || Guid::parse(one).is_some()
    };
    let applications = &["All", "None", "Office365", "MicrosoftAdminPortals"];
    let people = &["All", "None", "GuestsOrExternalUsers"];
    let places = &["All", "AllTrusted"];
    let principals = &["ServicePrincipalsInMyTenant"];
    for (of, name, known) in [
        ("applications", "Applications", &applications[..]),
        ("users", "Users", &people[..]),
        ("users", "Groups", &[][..]),
        ("users", "Roles", &[][..]),
        ("locations", "Locations", &places[..]),
        ("clientApplications", "ServicePrincipals", &principals[..]),
    ] {
        for side in ["include", "exclude"] {
            let name = format!("{side}{name}");
            only(conditions[of].get(&name), id_or(known))?;
        }
    }
    for side in ["includePlatforms", "excludePlatforms"] {
        only(conditions["platforms"].get(side), |one| {
            PLATFORMS.contains(&one)
        })?;
    }
    for side in ["includeLocations", "excludeLocations"] {
        for id in list(conditions["locations"].get(side)).filter_map(Value::as_str) {
            let set = DocumentSet::NamedLocation;
            let there = documents::document(tenant, set, Guid::ZERO, &id.to_lowercase()).is_ok();
            if Guid::parse(id).is_some() && !there {
                return Err(refusal(
                    1040,
                    &format!("NamedLocation with id {id} does not exist in the directory."),
                ));
            }
        }
    }
    Ok(())
}

fn controls(tenant: &Tenant, policy: &Properties) -> Result<(), Problem> {
    let grant = policy.get("grantControls").unwrap_or(&Value::Null);
    let session = policy.get("sessionControls").unwrap_or(&Value::Null);
    let built_in: Vec<&str> = list(grant.get("builtInControls"))
        .filter_map(Value::as_str)
        .collect();
    let strength = grant.get("authenticationStrength");
    let strength = strength.and_then(|strength| word(strength, "id"));
    let grants = !built_in.is_empty()
        || strength.is_some()
        || ["customAuthenticationFactors", "termsOfUse"]
            .iter()
            .any(|name| list(grant.get(name)).next().is_some());
    let sessions = session
        .as_object()
        .is_some_and(|session| session.values().any(|value| !value.is_null()));
    if !grants && !sessions {
        return Err(malformed());
    }
    only(grant.get("builtInControls"), |one| CONTROLS.contains(&one))?;
    if built_in.contains(&"block") && (built_in.len() > 1 || strength.is_some()) {
        return Err(malformed());
    }
    if grants && !matches!(word(grant, "operator"), Some("AND" | "OR")) {
        return Err(malformed());
    }
    if let Some(id) = strength {
        let set = DocumentSet::AuthenticationStrengthPolicy;
        documents::document(tenant, set, Guid::ZERO, &id.to_lowercase())?;
    }
    Ok(())
}

fn only(values: Option<&Value>, fits: impl Fn(&str) -> bool) -> Result<(), Problem> {
    let all = list(values).all(|value| value.as_str().is_some_and(&fits));
    if all { Ok(()) } else { Err(malformed()) }
}

pub(super) fn settle_strength(tenant: &mut Tenant, draft: &mut Draft<'_>) -> Result<(), Problem> {
    let resource = "authenticationStrengthPolicy";
    let set = DocumentSet::AuthenticationStrengthPolicy;
    let before = draft
        .before
        .and_then(|before| word_of(before, "policyType"));
    if before == Some("builtIn") {
        return Err(built_in());
    }
    let (id, name) = (draft.id, word_of(&draft.after, "displayName"));
    let others = documents::all(tenant, set, Guid::ZERO).filter(|(other, _)| *other != id);
    let mut custom = 0;
    for (_, other) in others {
        if word_of(other, "displayName") == name {
            return Err(Problem::taken("displayName"));
        }
        custom += usize::from(word_of(other, "policyType") == Some("custom"));
    }
    if draft.before.is_none() && custom >= STRENGTH_LIMIT {
        return Err(Problem::bad(
            "The number of custom authentication strengths exceeds the maximum of 15.",
        ));
    }
    if word_of(&draft.after, "policyType") != Some("custom") {
        return Err(Problem::invalid_value("policyType", resource));
    }
    combinations(draft.after.get("allowedCombinations"))
}

pub(super) fn forget_strength(
    tenant: &mut Tenant,
    id: &str,
    strength: &Properties,
) -> Result<(), Problem> {
    if word_of(strength, "policyType") == Some("builtIn") {
        return Err(built_in());
    }
    let set = DocumentSet::ConditionalAccessPolicy;
    let used = documents::all(tenant, set, Guid::ZERO)
        .any(|(_, policy)| policy["grantControls"]["authenticationStrength"]["id"] == id);
    if used {
        return Err(Problem::bad(
            "The authentication strength is used by a conditional access policy and cannot be deleted.",
        ));
    }
    Ok(())
}

/// `updateAllowedCombinations`: says what was allowed and what is.
pub(super) fn update_combinations(
    tenant: &mut Tenant,
    id: &str,
    given: Option<&Value>,
) -> Result<Value, Problem> {
    let set = DocumentSet::AuthenticationStrengthPolicy;
    let mut strength = documents::document(tenant, set, Guid::ZERO, id)?;
    if word_of(&strength, "policyType") == Some("builtIn") {
        return Err(built_in());
    }
    let wanted = body::members(given)?.get("allowedCombinations").cloned();
    combinations(wanted.as_ref())?;
    let wanted = wanted.unwrap_or_default();
    let before = strength.insert("allowedCombinations".to_owned(), wanted.clone());
    documents::put(tenant, set, Guid::ZERO, id, strength);
    Ok(json!({
        "@odata.context": format!("{}/$metadata#microsoft.graph.updateAllowedCombinationsResult", tenant.root),
        "additionalInformation": null,
        "conditionalAccessReferences": [],
        "currentCombinations": wanted,
        "previousCombinations": before,
    }))
}

fn combinations(given: Option<&Value>) -> Result<(), Problem> {
    const METHODS: &[&str] = &[
        "password",
        "voice",
        "hardwareOath",
        "softwareOath",
        "sms",
        "fido2",
        "windowsHelloForBusiness",
        "microsoftAuthenticatorPush",
        "deviceBasedPush",
        "temporaryAccessPassOneTime",
        "temporaryAccessPassMultiUse",
        "email",
        "x509CertificateSingleFactor",
        "x509CertificateMultiFactor",
        "federatedSingleFactor",
        "federatedMultiFactor",
        "qrCodePin",
    ];
    let fits = |one: &Value| {
        one.as_str()
            .is_some_and(|text| text.split(',').all(|one| METHODS.contains(&one.trim())))
    };
    let mut given = list(given).peekable();
    if given.peek().is_some() && given.all(fits) {
        Ok(())
    } else {
        Err(Problem::invalid_value(
            "allowedCombinations",
            "authenticationStrengthPolicy",
        ))
    }
}

fn built_in() -> Problem {
    Problem::bad("Built-in authentication strengths cannot be changed or deleted.")
}

fn word_of<'a>(properties: &'a Properties, name: &str) -> Option<&'a str> {
    properties.get(name).and_then(Value::as_str)
}
