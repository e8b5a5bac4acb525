//! What a tenant is at its beginning.

use serde::{Deserialize, Serialize};

/// The facts from which [`Tenant::new`](super::Tenant::new) founds a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Founding {
    /// A GUID.
    pub tenant_id: String,
    /// The initial and default domain, `….onmicrosoft.com`.
    pub default_domain: String,
    /// Further domains, verified.
    pub custom_domains: Vec<String>,
    pub display_name: String,
    /// Seeds object ids and secrets.
    pub seed: u64,
    /// `userPrincipalName` and `displayName` of each user.
    pub users: Vec<(String, String)>,
    pub service_principals: FirstParty,
    /// The virtual clock at the founding: milliseconds since 1970.
    pub now_ms: i64,
}

/// Whether the tenant starts with Microsoft's own service principals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FirstParty {
    Present,
    Absent,
}

impl Founding {
    /// A tenant like Microsoft's Contoso: two domains and ten users, two of them for emergencies.
    pub fn sample() -> Founding {
        let users = [
            ("ana", "Ana Bowman"),
            ("ben", "Ben Walters"),
            ("chloe", "Chloe Tanaka"),
            ("dmitri", "Dmitri Petrov"),
            ("emeka", "Emeka Okafor"),
            ("fatima", "Fatima Haddad"),
            ("grace", "Grace Lindqvist"),
            ("hugo", "Hugo Moreau"),
            ("break-glass-1", "Break Glass 1"),
            ("break-glass-2", "Break Glass 2"),
        ];
        Founding {
            tenant_id: "6f1d2a54-3c0b-4a57-9d0e-2b7c55f0a1c4".to_owned(),
            default_domain: "contoso.onmicrosoft.com".to_owned(),
            custom_domains: vec!["contoso.com".to_owned()],
            display_name: "Contoso".to_owned(),
            seed: 20_260_101,
            users: users
                .iter()
                .map(|(name, display)| (format!("{name}@contoso.com"), (*display).to_owned()))
                .collect(),
            service_principals: FirstParty::Present,
            now_ms: 1_767_225_600_000,
        }
    }

    /// A tenant with its domains and directory roles and nothing else, into which observed objects can be planted.
    /// The first domain that ends in `.onmicrosoft.com`, else the first, is the default one.
    pub fn bare(tenant_id: &str, domains: &[String]) -> Founding {
        let default = domains
            .iter()
            .find(|domain| domain.ends_with(".onmicrosoft.com"))
            .or(domains.first())
            .cloned()
            .unwrap_or_else(|| "tenant.onmicrosoft.com".to_owned());
        Founding {
            tenant_id: tenant_id.to_owned(),
            custom_domains: domains
                .iter()
                .filter(|domain| **domain != default)
                .cloned()
                .collect(),
            default_domain: default,
            display_name: "Copy".to_owned(),
            seed: 1,
            users: Vec::new(),
            service_principals: FirstParty::Absent,
            now_ms: 1_767_225_600_000,
        }
    }
}
