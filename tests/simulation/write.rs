//! Writes documents of every kind, key by key, as the dice fall. What does not fit together is left to `repair`.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::root::{Root, kind_of, name_of};
use super::surroundings::Surroundings;

pub(crate) const USERS: [&str; 6] = ["ana", "ben", "chloe", "dmitri", "emeka", "fatima"];
pub(crate) const NAMES: [&str; 9] = [
    "api", "web", "worker", "portal", "billing", "mail", "search", "audit", "store",
];
/// The group to which directory roles can be assigned: it stays so for ever, whatever its document says later.
pub(crate) const ASSIGNABLE: &str = "admins";
/// Groups that may have a rule.
pub(crate) const RULED: [&str; 2] = ["night-shift", "sales"];
const ROLES: [&str; 4] = ["Task.Read", "Task.Write", "Task.Run", "Task.Audit"];
const SCOPES: [&str; 4] = ["Use", "Read", "Admin.All", "Notify"];
/// Applications that vendors registered elsewhere. Microsoft's own are not anybody else's to change.
const FOREIGN: [&str; 3] = [
    "5e11e400-0000-4000-8000-000000000001",
    "5e11e400-0000-4000-8000-000000000002",
    "5e11e400-0000-4000-8000-000000000003",
];
const DIRECTORY_ROLES: [&str; 4] = [
    "Directory Readers",
    "Cloud Application Administrator",
    "Application Administrator",
    "Groups Administrator",
];

/// The keys of a document of each kind, besides `kind` and `name`.
fn keys(kind: &str) -> &'static [&'static str] {
    match kind {
        "application" => &[
            "displayName",
            "description",
            "notes",
            "signInAudience",
            "identifierUris",
            "owners",
            "tags",
            "groupMembershipClaims",
            "isFallbackPublicClient",
            "serviceManagementReference",
            "api",
            "appRoles",
            "requiredResourceAccess",
            "web",
            "spa",
            "publicClient",
            "info",
            "optionalClaims",
            "servicePrincipalLockConfiguration",
            "federatedIdentityCredentials",
            "servicePrincipal",
            "protect",
        ],
        "group" => &[
            "displayName",
            "description",
            "mailNickname",
            "isAssignableToRole",
            "membershipRule",
            "membershipRuleProcessingState",
            "owners",
            "members",
            "protect",
        ],
        "servicePrincipal" => &[
            "accountEnabled",
            "appRoleAssignmentRequired",
            "appRoleAssignedTo",
            "notes",
            "owners",
            "tags",
            "loginUrl",
            "description",
            "notificationEmailAddresses",
            "preferredSingleSignOnMode",
            "alternativeNames",
        ],
        _ => &[],
    }
}

/// Writes for one root in one tenant.
pub(crate) struct Writer<'a> {
    pub(crate) dice: &'a mut Dice,
    pub(crate) root: &'a Root,
    pub(crate) around: &'a Surroundings,
}

impl Writer<'_> {
    /// A document of this address with some of its keys.
    pub(crate) fn document(&mut self, address: &str) -> Value {
        let mut document = Map::new();
        document.insert("kind".to_owned(), json!(kind_of(address)));
        document.insert("name".to_owned(), json!(name_of(address)));
        for key in keys(kind_of(address)) {
            if ["displayName", "isAssignableToRole"].contains(key) || self.dice.falls(45) {
                self.set(&mut document, address, key);
            }
        }
        match kind_of(address) {
            "servicePrincipal" => {
                let at = name_of(address).len() % FOREIGN.len();
                document.insert("appId".to_owned(), json!(FOREIGN[at]));
            }
            "directoryRoleAssignment" => self.assignment_of_role(&mut document),
            _ => {}
        }
        Value::Object(document)
    }

    /// Writes some keys again, and drops some.
    pub(crate) fn rewrite(&mut self, address: &str, document: &mut Value) {
        let Some(document) = document.as_object_mut() else {
            return;
        };
        if kind_of(address) == "directoryRoleAssignment" {
            return self.assignment_of_role(document);
        }
        for key in keys(kind_of(address)) {
            // Directory roles stay what the group was made for, also when nobody says so any more.
            let is_fixed = *key == "isAssignableToRole";
            match self.dice.below(10) {
                0 | 1 if !is_fixed => self.set(document, address, key),
                2 if !is_fixed && *key != "displayName" => {
                    document.remove(*key);
                }
                _ => {}
            }
        }
    }

    fn set(&mut self, document: &mut Map<String, Value>, address: &str, key: &str) {
        if let Some(value) = self.value(address, key) {
            document.insert(key.to_owned(), value);
        }
    }

    fn value(&mut self, address: &str, key: &str) -> Option<Value> {
        let name = name_of(address);
        let ruled = RULED.contains(&name);
        Some(match key {
            "displayName" => json!(format!(
                "{name} {}",
                self.dice.one(&["App", "v2", "(new)", "Ünï \"q\""])
            )),
            "description" | "notes" => self.text(address),
            "signInAudience" if self.dice.falls(70) => json!("AzureADMyOrg"),
            "signInAudience" => json!("AzureADMultipleOrgs"),
            "identifierUris" => self.identifier_uris(name),
            "owners" => self.principals(&["user", "application", "servicePrincipal", "existing"]),
            "members" => self.principals(&["user", "user", "group", "application", "existing"]),
            "tags" | "alternativeNames" => self.list(&["one", "two", "three", "four"]),
            "groupMembershipClaims" => {
                json!(
                    self.dice
                        .one(&["None", "SecurityGroup", "ApplicationGroup", "All"])
                )
            }
            "isFallbackPublicClient" | "accountEnabled" | "appRoleAssignmentRequired" => {
                self.flag()
            }
            "serviceManagementReference" => json!(self.dice.one(&["CMDB-1", "CMDB-2"])),
            "api" => self.api(address),
            "appRoles" => self.app_roles(),
            "requiredResourceAccess" => self.required(address),
            "web" => self.web(name),
            "spa" => json!({"redirectUris": self.uris(&format!("https://spa-{name}.contoso.com"))}),
            "publicClient" => json!({"redirectUris": self.uris(&format!("myapp.{name}://auth"))}),
            "info" => json!({"marketingUrl": self.url("about"), "supportUrl": self.url("help")}),
            "optionalClaims" => self.optional_claims(),
            "servicePrincipalLockConfiguration" => {
                json!({"isEnabled": true, "allProperties": self.dice.falls(50)})
            }
            "federatedIdentityCredentials" => self.credentials(),
            "servicePrincipal" => self.service_principal(address),
            "protect" if self.dice.falls(8) => json!(true),
            "mailNickname" => json!(self.dice.one(&["nick-one", "nick-two"])),
            "isAssignableToRole" if name == ASSIGNABLE => json!(true),
            "membershipRule" if ruled && self.dice.falls(50) => {
                json!("(user.department -eq \"Sales\")")
            }
            "membershipRuleProcessingState" => json!(self.dice.one(&["On", "Paused"])),
            "loginUrl" => self.url("login"),
            "notificationEmailAddresses" => {
                json!(self.dice.some(&["a@contoso.com", "b@contoso.com"], 2))
            }
            "preferredSingleSignOnMode" => json!(self.dice.one(&["oidc", "saml", "notSupported"])),
            "appRoleAssignedTo" => self.assigned(address),
            _ => return None,
        })
    }

    fn text(&mut self, address: &str) -> Value {
        // What is needed at the creation must not go in a circle: everybody knows only who comes before.
        let others: Vec<String> = self
            .root
            .of_kind("application")
            .into_iter()
            .filter(|it| it.as_str() < address)
            .collect();
        match self.dice.below(7) {
            0 => Value::Null,
            1 => json!(""),
            2 | 3 if !others.is_empty() => {
                json!(format!("knows ${{{}.appId}}", self.dice.one(&others)))
            }
            4 => json!("costs $${5} in ${environment}, ${tenant.domain}"),
            5 => json!("zwei\nZeilen: \u{00fc}"),
            _ => json!("plain words"),
        }
    }

    /// A whole variable keeps its type.
    fn flag(&mut self) -> Value {
        match self.dice.below(5) {
            0 => json!("${on}"),
            1 | 2 => json!(true),
            _ => json!(false),
        }
    }

    fn url(&mut self, page: &str) -> Value {
        match self.dice.below(4) {
            0 => Value::Null,
            1 => json!(format!("https://${{host}}/{page}")),
            _ => json!(format!("https://www.contoso.com/{page}")),
        }
    }

    /// The items as an exact list, sometimes an empty one, or as the least that must be there.
    fn covered(&mut self, items: Vec<Value>) -> Value {
        if self.dice.falls(35) && !items.is_empty() {
            json!({ "atLeast": items })
        } else {
            json!(items)
        }
    }

    fn list(&mut self, of: &[&str]) -> Value {
        let items = self
            .dice
            .some(of, 3)
            .into_iter()
            .map(|it| json!(it))
            .collect();
        self.covered(items)
    }

    fn uris(&mut self, base: &str) -> Value {
        let items = self.dice.some(&["one", "two", "three"], 3);
        let items = items
            .into_iter()
            .map(|it| json!(format!("{base}/{it}")))
            .collect();
        self.covered(items)
    }

    fn identifier_uris(&mut self, name: &str) -> Value {
        // A name that an object had before may be another's now, and the tenant keeps what nobody writes any more.
        let number = self.dice.below(1_000);
        let tenant = format!("api://${{tenant.id}}/{name}-{number}");
        let domain = format!("https://${{tenant.domain}}/{name}-{number}");
        let items = self
            .dice
            .some(&["api://${self.appId}".to_owned(), tenant, domain], 3);
        let items = items.into_iter().map(Value::from).collect();
        self.covered(items)
    }

    fn principal(&mut self, kinds: &[&str]) -> Value {
        let kind = *self.dice.one(kinds);
        let addresses = self.root.of_kind(kind);
        if kind == "user" || addresses.is_empty() {
            return json!(format!("user/{}@contoso.com", self.dice.one(&USERS)));
        }
        json!(self.dice.one(&addresses))
    }

    fn principals(&mut self, kinds: &[&str]) -> Value {
        let count = self.dice.between(0, 3);
        let items = (0..count).map(|_| self.principal(kinds)).collect();
        self.covered(items)
    }

    fn api(&mut self, address: &str) -> Value {
        let mut api = Map::new();
        if self.dice.falls(30) {
            api.insert(
                "requestedAccessTokenVersion".to_owned(),
                json!(self.dice.between(1, 2)),
            );
        }
        if self.dice.falls(70) {
            let values = self.dice.some(&SCOPES, 4);
            let items = values
                .into_iter()
                .map(|value| self.permission_scope(value))
                .collect();
            let items = self.covered(items);
            api.insert("oauth2PermissionScopes".to_owned(), items);
        }
        let others: Vec<String> = self
            .root
            .of_kind("application")
            .into_iter()
            .filter(|it| it != address)
            .collect();
        if self.dice.falls(50) {
            let mut clients: Vec<Value> = self
                .dice
                .some(&others, 3)
                .into_iter()
                .map(Value::from)
                .collect();
            if self.dice.falls(30) {
                clients.push(json!("04b07795-8ddb-461a-bbee-02f9e1bf7b46"));
            }
            let entries = clients
                .into_iter()
                .map(|client| json!({"application": client, "scopes": self.dice.some(&SCOPES, 3)}));
            let entries = entries.collect();
            let entries = self.covered(entries);
            api.insert("preAuthorizedApplications".to_owned(), entries);
        }
        if self.dice.falls(35) {
            let clients = self
                .dice
                .some(&others, 2)
                .into_iter()
                .map(Value::from)
                .collect();
            let clients = self.covered(clients);
            api.insert("knownClientApplications".to_owned(), clients);
        }
        if api.is_empty() {
            api.insert("acceptMappedClaims".to_owned(), json!(true));
        }
        Value::Object(api)
    }

    fn permission_scope(&mut self, value: &str) -> Value {
        let mut scope = json!({
            "value": value,
            "adminConsentDisplayName": format!("{value} it"),
            "adminConsentDescription": self.dice.one(&["Does something.", "Does something else."]),
        });
        if self.dice.falls(50) {
            scope["type"] = json!(self.dice.one(&["User", "Admin"]));
        }
        if self.dice.falls(25) {
            scope["isEnabled"] = json!(self.dice.falls(50));
        }
        if self.dice.falls(25) {
            scope["userConsentDisplayName"] = json!("You do it");
        }
        scope
    }

    fn app_roles(&mut self) -> Value {
        let values = self.dice.some(&ROLES, 4);
        let items = values
            .into_iter()
            .map(|value| {
                let kinds: [&[&str]; 3] = [&["User", "Application"], &["User"], &["Application"]];
                let members = *self.dice.one(&kinds);
                let mut role = json!({
                    "value": value,
                    "displayName": format!("{value} it"),
                    "description": self.dice.one(&["Does something.", "Does something else."]),
                    "allowedMemberTypes": members,
                });
                if self.dice.falls(25) {
                    role["isEnabled"] = json!(self.dice.falls(50));
                }
                role
            })
            .collect();
        self.covered(items)
    }

    fn required(&mut self, address: &str) -> Value {
        let mut entries = Vec::new();
        if self.dice.falls(60) {
            let scopes = self
                .dice
                .some(&["User.Read", "openid", "profile", "Mail.Read"], 3);
            let roles = self.dice.some(
                &["User.Read.All", "GroupMember.Read.All", "Sites.Read.All"],
                2,
            );
            entries
                .push(json!({"resource": "Microsoft Graph", "scopes": scopes, "appRoles": roles}));
        }
        let others: Vec<String> = self
            .root
            .of_kind("application")
            .into_iter()
            .filter(|it| it != address)
            .collect();
        for other in self.dice.some(&others, 3) {
            let (scopes, roles) = (self.dice.some(&SCOPES, 2), self.dice.some(&ROLES, 3));
            entries.push(json!({"resource": other, "scopes": scopes, "appRoles": roles}));
        }
        for entry in &mut entries {
            if self.dice.falls(60) {
                entry["adminConsent"] = json!(true);
            }
        }
        json!(entries)
    }

    fn web(&mut self, name: &str) -> Value {
        let mut web = Map::new();
        if self.dice.falls(70) {
            let uris = self.uris(&format!("https://{name}.contoso.com"));
            web.insert("redirectUris".to_owned(), uris);
        }
        if self.dice.falls(40) {
            web.insert("homePageUrl".to_owned(), self.url("home"));
        }
        if self.dice.falls(40) {
            web.insert("logoutUrl".to_owned(), self.url("out"));
        }
        if self.dice.falls(30) || web.is_empty() {
            let flag = self.dice.falls(50);
            web.insert(
                "implicitGrantSettings".to_owned(),
                json!({"enableIdTokenIssuance": flag}),
            );
        }
        Value::Object(web)
    }

    fn optional_claims(&mut self) -> Value {
        let mut claims = Map::new();
        for token in self.dice.some(&["idToken", "accessToken", "saml2Token"], 3) {
            let items: Vec<Value> = self
                .dice
                .some(&["email", "family_name", "ipaddr"], 2)
                .into_iter()
                .map(|name| match self.dice.below(3) {
                    0 => json!({"name": name, "essential": true}),
                    1 => json!({"name": name, "additionalProperties": ["emit_as_roles"]}),
                    _ => json!({"name": name}),
                })
                .collect();
            claims.insert(token.to_owned(), json!(items));
        }
        if claims.is_empty() {
            claims.insert("idToken".to_owned(), json!([]));
        }
        Value::Object(claims)
    }

    /// Names and subjects are few, so that credentials are often renamed, swapped or taken over. Where others are left
    /// alone, theirs are not asked for.
    fn credentials(&mut self) -> Value {
        let names = self.dice.some(&["deploy", "main", "nightly", "cluster"], 4);
        let mut subjects = [
            "repo:contoso/a",
            "repo:contoso/b",
            "repo:contoso/c",
            "repo:contoso/d",
        ];
        self.dice.shuffle(&mut subjects);
        let is_exact = self.dice.falls(65);
        let items: Vec<Value> = names
            .into_iter()
            .zip(subjects)
            .map(|(name, subject)| {
                let mut credential = json!({
                    "name": name,
                    "issuer": self.dice.one(&["https://tokens.contoso.com", "https://oidc.contoso.com/one"]),
                    "subject": if is_exact { subject.to_owned() } else { format!("repo:contoso/at-least-{name}") },
                });
                if self.dice.falls(30) {
                    credential["audiences"] = json!(["api://AzureADTokenExchange"]);
                }
                if self.dice.falls(30) {
                    credential["description"] = json!(self.dice.one(&["", "For the job."]));
                }
                credential
            })
            .collect();
        match is_exact || items.is_empty() {
            true => json!(items),
            false => json!({ "atLeast": items }),
        }
    }

    fn service_principal(&mut self, address: &str) -> Value {
        let mut written = Map::new();
        for key in keys("servicePrincipal") {
            if self.dice.falls(30)
                && let Some(value) = self.value(address, key)
            {
                written.insert((*key).to_owned(), value);
            }
        }
        Value::Object(written)
    }

    fn assigned(&mut self, address: &str) -> Value {
        let count = self.dice.between(0, 4);
        let offers = kind_of(address) == "application";
        let items = (0..count)
            .map(|_| {
                let principal = self.principal(&[
                    "user",
                    "group",
                    "group",
                    "application",
                    "existing",
                    "servicePrincipal",
                ]);
                match offers && self.dice.falls(85) {
                    true => json!({"principal": principal, "appRole": self.dice.one(&ROLES)}),
                    false => json!({ "principal": principal }),
                }
            })
            .collect();
        self.covered(items)
    }

    fn assignment_of_role(&mut self, document: &mut Map<String, Value>) {
        let applications = self.root.of_kind("application");
        let scope = match self.dice.below(4) {
            0 if !applications.is_empty() => json!(self.dice.one(&applications)),
            1 => json!(format!("/administrativeUnits/{}", self.around.unit)),
            _ => json!("/"),
        };
        let principal = self.principal(&[
            "user",
            "group",
            "application",
            "servicePrincipal",
            "existing",
        ]);
        document.insert("role".to_owned(), json!(self.dice.one(&DIRECTORY_ROLES)));
        document.insert("principal".to_owned(), principal);
        document.insert("scope".to_owned(), scope);
    }
}
