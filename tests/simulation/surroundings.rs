//! What a tenant has besides: objects of other people, which idac must never touch, some to which it only refers, and
//! some that it is asked to adopt. And what other people do in the portal between two applies.

use std::sync::OnceLock;

use idac::emulator::{FirstParty, Founding, Planted, Tenant};
use idac::graph::{Method, Request, facts};
use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::root::Root;

/// What was there before idac, by what the generator has to know of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) unit: String,
    pub(crate) users: Vec<String>,
    pub(crate) club: String,
    wiki_app_id: String,
    legacy: String,
    legacy_app_id: String,
    legacy_group: String,
}

/// A tenant as every world begins: founding one is dear, copying one is not.
pub(crate) fn founded() -> &'static Tenant {
    static FOUNDED: OnceLock<Tenant> = OnceLock::new();
    FOUNDED.get_or_init(|| {
        let founding = Founding {
            service_principals: FirstParty::Absent,
            ..Founding::sample()
        };
        let mut tenant = Tenant::new(&founding);
        let graph = tenant.plant(Planted::new("servicePrincipals", microsoft_graph()));
        graph.expect("it looks like a service principal");
        tenant.take_changes();
        tenant
    })
}

/// Microsoft Graph with a few of its permissions: most of the time of a world would go into the others.
fn microsoft_graph() -> Map<String, Value> {
    let permission = |name: &&str| facts::graph_permission(name).expect("it is Graph's");
    let roles = PERMISSIONS.iter().map(permission).filter_map(|of| {
        let id = of.application_id?;
        Some(json!({"id": id, "value": of.name, "displayName": of.name, "description": of.name, "isEnabled": true,
            "allowedMemberTypes": ["Application"]}))
    });
    let scopes = PERMISSIONS.iter().map(permission).filter_map(|of| {
        let id = of.delegated_id?;
        Some(
            json!({"id": id, "value": of.name, "type": "User", "isEnabled": true,
            "adminConsentDisplayName": of.name, "adminConsentDescription": of.name}),
        )
    });
    let graph = json!({
        "id": "67ad5377-2d78-4ac2-a867-6300cda00e85",
        "appId": facts::MICROSOFT_GRAPH_APP_ID,
        "displayName": "Microsoft Graph",
        "appOwnerOrganizationId": facts::MICROSOFT_SERVICES_TENANT,
        "servicePrincipalNames": [facts::MICROSOFT_GRAPH_APP_ID],
        "appRoles": roles.collect::<Vec<Value>>(),
        "oauth2PermissionScopes": scopes.collect::<Vec<Value>>(),
    });
    graph.as_object().cloned().expect("it is an object")
}

/// The permissions that declarations ask for.
const PERMISSIONS: [&str; 8] = [
    "GroupMember.Read.All",
    "Mail.Read",
    "Sites.Read.All",
    "User.Read",
    "User.Read.All",
    "offline_access",
    "openid",
    "profile",
];

impl Surroundings {
    /// Makes them in a tenant.
    pub(crate) fn settle(tenant: &mut Tenant, dice: &mut Dice) -> Surroundings {
        let mut around = Surroundings::default();
        let mut portal = Portal { tenant };
        around.users = portal.ids("/users?$select=id&$top=999");
        around.unit = portal.make(
            "/directory/administrativeUnits",
            json!({"displayName": "Branch"}),
        );
        let user = around.users[dice.below(around.users.len())].clone();
        around.club = portal.make("/groups", group("Social Club"));
        portal.link(&format!("/groups/{}/members", around.club), &user);
        portal.link(&format!("/groups/{}/owners", around.club), &user);
        let reserve = portal.make("/groups", group("Reserve"));
        portal.link(&format!("/groups/{reserve}/members"), &around.club);

        let role = json!({"id": dice.guid(), "value": "Wiki.Edit", "displayName": "Edit", "description": "Edit",
            "isEnabled": true, "allowedMemberTypes": ["User", "Application"]});
        let scope = json!({"id": dice.guid(), "value": "Wiki.Read", "type": "User", "isEnabled": true,
            "adminConsentDisplayName": "Read", "adminConsentDescription": "Read"});
        let wiki = portal.make(
            "/applications",
            json!({"displayName": "Old Wiki", "appRoles": [role], "api": {"oauth2PermissionScopes": [scope]},
                "tags": ["old"]}),
        );
        around.wiki_app_id = portal.app_id(&wiki);
        portal.link(&format!("/applications/{wiki}/owners"), &user);
        portal.make(
            &format!("/applications/{wiki}/federatedIdentityCredentials"),
            json!({"name": "wiki-ci", "issuer": "https://tokens.contoso.com", "subject": "repo:contoso/a",
                "audiences": ["api://AzureADTokenExchange"]}),
        );
        let wiki_principal =
            portal.make("/servicePrincipals", json!({"appId": around.wiki_app_id}));
        portal.make(
            &format!("/servicePrincipals/{wiki_principal}/appRoleAssignedTo"),
            json!({"principalId": user, "resourceId": wiki_principal, "appRoleId": role["id"]}),
        );
        let graph = portal.graph();
        portal.make(
            "/oauth2PermissionGrants",
            json!({"clientId": wiki_principal, "consentType": "AllPrincipals", "resourceId": graph,
                "scope": "User.Read offline_access"}),
        );
        portal.make(
            "/roleManagement/directory/roleAssignments",
            json!({"principalId": user, "roleDefinitionId": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
                "directoryScopeId": "/"}),
        );
        around.legacy = portal.make(
            "/applications",
            json!({"displayName": "Legacy", "notes": "by hand", "appRoles": [{"id": dice.guid(), "value": "Task.Read",
                "displayName": "Old read", "description": "Old", "isEnabled": true, "allowedMemberTypes": ["User"]}],
                "web": {"redirectUris": ["https://legacy.contoso.com/one"]}}),
        );
        around.legacy_app_id = portal.app_id(&around.legacy);
        if dice.falls(50) {
            portal.make("/servicePrincipals", json!({"appId": around.legacy_app_id}));
        }
        around.legacy_group = portal.make("/groups", group("Legacy Group"));
        portal.link(&format!("/groups/{}/members", around.legacy_group), &user);
        around
    }

    /// Documents that name what is there, and objects that are adopted.
    pub(crate) fn introduce(&self, root: &mut Root, dice: &mut Dice) {
        let mut existing = |name: &str, of: &str, key: &str, value: &str| {
            root.documents.insert(
                format!("existing/{name}"),
                json!({"kind": "existing", "name": name, "type": of, (key): value}),
            );
        };
        match dice.below(3) {
            0 => existing("lead", "user", "displayName", "Hugo Moreau"),
            1 => existing("lead", "user", "userPrincipalName", "hugo@contoso.com"),
            _ => {}
        }
        match dice.below(3) {
            0 => existing("club", "group", "displayName", "Social Club"),
            1 => existing("club", "group", "id", &self.club),
            _ => {}
        }
        if dice.falls(50) {
            existing("wiki", "servicePrincipal", "appId", &self.wiki_app_id);
        }
        if root.documents.contains_key("application/portal") && dice.falls(50) {
            let by = match dice.falls(50) {
                true => json!({"appId": self.legacy_app_id}),
                false => json!({"id": self.legacy}),
            };
            root.adopt.insert("application/portal".to_owned(), by);
        }
        if root.documents.contains_key("group/staff") && dice.falls(50) {
            root.adopt
                .insert("group/staff".to_owned(), json!({"id": self.legacy_group}));
        }
    }
}

fn group(name: &str) -> Value {
    json!({"displayName": name, "mailEnabled": false, "mailNickname": name.replace(' ', ""), "securityEnabled": true})
}

/// Somebody with the portal: asks and writes without waiting for anything.
pub(crate) struct Portal<'a> {
    pub(crate) tenant: &'a mut Tenant,
}

impl Portal<'_> {
    /// Makes what must come into being; gives its id.
    #[track_caller]
    fn make(&mut self, url: &str, body: Value) -> String {
        let response = self
            .tenant
            .answer(&Request::new(Method::Post, url).with_body(body));
        assert_eq!(response.status, 201, "{url}: {:?}", response.body);
        response.body.unwrap_or_default()["id"]
            .as_str()
            .expect("it has an id")
            .to_owned()
    }

    #[track_caller]
    fn link(&mut self, url: &str, id: &str) {
        let body =
            json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")});
        let request = Request::new(Method::Post, format!("{url}/$ref")).with_body(body);
        let response = self.tenant.answer(&request);
        assert_eq!(response.status, 204, "{url}: {:?}", response.body);
    }

    fn read(&mut self, url: &str) -> Value {
        self.tenant
            .answer(&Request::get(url))
            .body
            .unwrap_or_default()
    }

    fn ids(&mut self, url: &str) -> Vec<String> {
        let list = self.read(url);
        let id = |item: &Value| item["id"].as_str().map(str::to_owned);
        list["value"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(id)
            .collect()
    }

    fn app_id(&mut self, application: &str) -> String {
        self.read(&format!("/applications/{application}"))["appId"]
            .as_str()
            .expect("an appId")
            .to_owned()
    }

    fn graph(&mut self) -> String {
        let found = self
            .read("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id");
        found["id"].as_str().expect("Graph is there").to_owned()
    }

    /// Tries a write, which the tenant may refuse.
    fn try_to(&mut self, method: Method, url: &str, body: Option<Value>) {
        let mut request = Request::new(method, url);
        request.body = body;
        self.tenant.answer(&request);
    }

    /// Something that a person does to a managed object behind idac's back; what the tenant refuses is not done.
    pub(crate) fn meddle(
        &mut self,
        entity: &str,
        id: &str,
        around: &Surroundings,
        dice: &mut Dice,
    ) {
        let user = dice.one(&around.users).clone();
        let set = match entity {
            "application" => "applications",
            "servicePrincipal" => "servicePrincipals",
            "group" => "groups",
            "oAuth2PermissionGrant" => return self.meddle_with_grant(id, dice),
            "appRoleAssignment" | "unifiedRoleAssignment" | "federatedIdentityCredential" => return,
            other => panic!("{other} is managed, and nobody here knows it"),
        };
        let url = format!("/{set}/{id}");
        let reference = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{user}")});
        match dice.below(9) {
            0 => self.try_to(
                Method::Patch,
                &url,
                Some(json!({"displayName": "Renamed by hand"})),
            ),
            1 => self.try_to(
                Method::Patch,
                &url,
                Some(json!({"notes": "by hand", "tags": ["by-hand", "one"]})),
            ),
            2 => self.try_to(Method::Post, &format!("{url}/owners/$ref"), Some(reference)),
            3 => {
                let owners = self.ids(&format!("{url}/owners"));
                for owner in owners.iter().take(1) {
                    self.try_to(Method::Delete, &format!("{url}/owners/{owner}/$ref"), None);
                }
            }
            4 => self.try_to(Method::Delete, &url, None),
            5 if entity == "application" => self.meddle_with_credentials(&url, dice),
            5 if entity == "group" => self.try_to(
                Method::Post,
                &format!("{url}/members/$ref"),
                Some(reference),
            ),
            6 if entity == "application" => self.switch_off(&url),
            6 => self.try_to(Method::Patch, &url, Some(json!({"description": "by hand"}))),
            7 if entity == "servicePrincipal" => self.assign(id, &user),
            7 if entity == "application" => {
                let uris = json!({"web": {"redirectUris": ["https://by-hand.contoso.com/"]}});
                self.try_to(Method::Patch, &url, Some(uris));
            }
            _ if entity == "servicePrincipal" => {
                self.try_to(Method::Patch, &url, Some(json!({"accountEnabled": false})));
            }
            _ => {}
        }
    }

    fn meddle_with_grant(&mut self, id: &str, dice: &mut Dice) {
        let url = format!("/oauth2PermissionGrants/{id}");
        match dice.below(3) {
            0 => self.try_to(Method::Delete, &url, None),
            1 => self.try_to(
                Method::Patch,
                &url,
                Some(json!({"scope": "Mail.Read User.Read"})),
            ),
            _ => {}
        }
    }

    fn meddle_with_credentials(&mut self, url: &str, dice: &mut Dice) {
        let of = format!("{url}/federatedIdentityCredentials");
        let there = self.ids(&of);
        match there.first() {
            Some(first) if dice.falls(50) => {
                self.try_to(Method::Delete, &format!("{of}/{first}"), None)
            }
            Some(first) if dice.falls(50) => {
                let change = json!({"subject": "repo:contoso/by-hand"});
                self.try_to(Method::Patch, &format!("{of}/{first}"), Some(change));
            }
            Some(_) | None => {
                let body = json!({"name": "by-hand", "issuer": "https://tokens.contoso.com",
                    "subject": "repo:contoso/b", "audiences": ["api://AzureADTokenExchange"]});
                self.try_to(Method::Post, &of, Some(body));
            }
        }
    }

    /// Switches the first app role off, and adds one.
    fn switch_off(&mut self, url: &str) {
        let mut roles = self.read(url)["appRoles"].clone();
        let Some(list) = roles.as_array_mut() else {
            return;
        };
        if let Some(first) = list.first_mut() {
            first["isEnabled"] = json!(false);
        }
        list.push(json!({"id": "0f0f0f0f-0000-4000-8000-00000000000f", "value": "By.Hand", "displayName": "By hand",
            "description": "By hand", "isEnabled": true, "allowedMemberTypes": ["User"]}));
        self.try_to(Method::Patch, url, Some(json!({ "appRoles": roles })));
    }

    /// Assigns the first app role that a user can have.
    fn assign(&mut self, service_principal: &str, user: &str) {
        let view = self.read(&format!("/servicePrincipals/{service_principal}"));
        let roles = view["appRoles"].as_array().cloned().unwrap_or_default();
        let Some(role) = roles.first() else {
            return;
        };
        let body =
            json!({"principalId": user, "resourceId": service_principal, "appRoleId": role["id"]});
        let url = format!("/servicePrincipals/{service_principal}/appRoleAssignedTo");
        self.try_to(Method::Post, &url, Some(body));
    }
}
