//! A tenant to which a first and a second declaration were applied, and the plan of a third: made by idac's own
//! pipeline.

use std::collections::BTreeMap;
use std::sync::Arc;

use idac::address::Name;
use idac::declare::{Source, declare};
use idac::dry_run::{Verdict, dry_run};
use idac::emulator::{Behaviour, Emulator, FirstParty, Founding, Planted, Tenant};
use idac::execute::{Entry, Outcome, execute, go_on};
use idac::finding::has_errors;
use idac::graph::patience::Patience;
use idac::graph::{Graph, Method, Request, facts};
use idac::ledger::{Record, RecordKind, Run, SCHEMA, Sealed};
use idac::observe::{Scope, Snapshot, observe};
use idac::plan::{Applied, ManagedObject, Plan, Target, known_of, plan};
use idac::resolve::{Desired, resolve};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::declarations;
use super::state::{Census, State, census};

/// What is broken off, and what it may end as.
pub(super) struct World {
    pub(super) tenant: Tenant,
    pub(super) plan: Plan,
    pub(super) census: Census,
    pub(super) before: State,
    pub(super) after: State,
    /// The record with which a process takes the tenant.
    pub(super) intent: Sealed,
    /// Where processes show that they are at work.
    pub(super) lives: TempDir,
}

impl World {
    /// The plan with everything.
    pub(super) async fn company() -> World {
        World::of(
            &[declarations::first(), declarations::second()],
            &declarations::third(),
            Behaviour::default(),
        )
        .await
    }

    /// One with each action, in as few steps as can be: for what is tried at every moment of every try.
    pub(super) async fn kiosk() -> World {
        let [first, second] = declarations::tiny();
        World::of(&[first.to_owned()], second, Behaviour::default()).await
    }

    /// A tenant to which all `applied` were applied, one after the other, and the plan of the next.
    pub(super) async fn of(applied: &[String], next: &str, behaviour: Behaviour) -> World {
        let mut tenant = founded();
        tenant.set_behaviour(behaviour);
        let mut site = Building {
            tenant: Emulator::new(tenant),
            applied: Applied::new(),
        };
        for text in applied {
            site.apply(text).await;
        }
        site.surround().await;
        let plan = site.plan(next).await;
        let tenant = site.tenant.into_tenant();
        let census = census(&tenant);
        let before = State::of(&tenant, &census);
        let whole = Emulator::new(tenant.clone());
        run(&plan, &whole).await;
        let after = State::of(&whole.into_tenant(), &census);
        let lives = tempfile::tempdir().expect("a folder");
        World {
            intent: intent(&plan),
            lives,
            tenant,
            plan,
            census,
            before,
            after,
        }
    }
}

/// A small tenant: Microsoft Graph offers the few permissions that the declarations name.
fn founded() -> Tenant {
    let mut tenant = Tenant::new(&Founding {
        service_principals: FirstParty::Absent,
        ..Founding::sample()
    });
    let named = [
        "GroupMember.Read.All",
        "Mail.Read",
        "User.Read",
        "User.Read.All",
        "openid",
    ];
    let (mut roles, mut scopes) = (Vec::new(), Vec::new());
    for permission in facts::graph_permissions().filter(|it| named.contains(&it.name)) {
        roles.extend(permission.application_id.map(|id| {
            json!({ "allowedMemberTypes": ["Application"], "displayName": permission.name, "id": id,
                "isEnabled": true, "value": permission.name })
        }));
        scopes.extend(permission.delegated_id.map(
            |id| json!({ "id": id, "isEnabled": true, "type": "User", "value": permission.name }),
        ));
    }
    let graph = json!({
        "id": "00000000-0000-4000-8000-000000000003", "appId": facts::MICROSOFT_GRAPH_APP_ID,
        "displayName": "Microsoft Graph", "appRoles": roles, "oauth2PermissionScopes": scopes,
    });
    let Json::Object(graph) = graph else {
        panic!("bug: an object is an object")
    };
    tenant
        .plant(Planted::new("servicePrincipals", graph))
        .expect("it can be planted");
    tenant
}

struct Building {
    tenant: Emulator,
    applied: Applied,
}

impl Building {
    async fn see(&self, desired: &Desired) -> Snapshot {
        let known = known_of(&self.applied);
        let scope = Scope {
            desired: &desired.objects,
            known: &known,
        };
        observe(&self.tenant, &scope)
            .await
            .expect("the tenant can be read")
    }

    /// The plan to what the text declares; a copy of the tenant takes it.
    async fn plan(&self, text: &str) -> Plan {
        let desired = desired(text);
        let snapshot = self.see(&desired).await;
        let plan = plan(&desired, &snapshot, &self.applied).expect("there is a plan");
        let tried = dry_run(&desired, &plan, &snapshot, &self.applied, &[]).await;
        assert_eq!(tried.verdict, Verdict::Cleared, "{text}");
        plan
    }

    async fn apply(&mut self, text: &str) {
        let plan = self.plan(text).await;
        let created = run(&plan, &self.tenant).await;
        let settle = |target: &Target| match target {
            Target::Existing(_) => target.clone(),
            Target::Planned(address) => Target::Existing(created[address].clone()),
        };
        self.applied = plan
            .objects
            .iter()
            .map(|(address, object)| {
                let settled = ManagedObject {
                    target: settle(&object.target),
                    parent: object.parent.as_ref().map(settle),
                    ..object.clone()
                };
                (address.clone(), settled)
            })
            .collect();
    }

    /// Somebody else's assignments, consents, properties and links at the objects that idac manages.
    async fn surround(&self) {
        let hugo = self.id("/users/hugo@contoso.com?$select=id").await;
        let graph = facts::MICROSOFT_GRAPH_APP_ID;
        let graph = self
            .id(&format!("/servicePrincipals(appId='{graph}')?$select=id"))
            .await;
        for name in ["api", "old"] {
            let url = format!("/applications(uniqueName='contoso-{name}')");
            let Some(application) = self.find(&url).await else {
                continue;
            };
            let terms = json!({ "info": { "termsOfServiceUrl": "https://contoso.com" } });
            let url = format!("/applications/{}", text(&application["id"]));
            self.write(Method::Patch, &url, terms).await;
            let of = format!("appId='{}'", text(&application["appId"]));
            let Some(principal) = self.find(&format!("/servicePrincipals({of})")).await else {
                continue;
            };
            let id = text(&principal["id"]);
            let role = principal["appRoles"][0]["id"].as_str();
            let role = role.unwrap_or(facts::DEFAULT_ACCESS_APP_ROLE);
            let assignment = json!({ "principalId": hugo, "resourceId": id, "appRoleId": role });
            let url = format!("/servicePrincipals/{id}/appRoleAssignedTo");
            self.write(Method::Post, &url, assignment).await;
            let consent = json!({ "clientId": id, "consentType": "Principal", "principalId": hugo,
                "resourceId": graph, "scope": "Mail.Read" });
            self.write(Method::Post, "/oauth2PermissionGrants", consent)
                .await;
        }
        if let Some(temps) = self.find("/groups(uniqueName='contoso-temps')").await {
            let root = "https://graph.microsoft.com/v1.0/directoryObjects";
            let reference = json!({ "@odata.id": format!("{root}/{hugo}") });
            let url = format!("/groups/{}/owners/$ref", text(&temps["id"]));
            self.write(Method::Post, &url, reference).await;
        }
    }

    async fn id(&self, url: &str) -> String {
        let found = self.find(url).await;
        let found = found.unwrap_or_else(|| panic!("{url} is not there"));
        text(&found["id"])
    }

    async fn find(&self, url: &str) -> Option<Json> {
        let mut answers = self.tenant.exchange(&[Request::get(url)]).await;
        answers.remove(0).ok()?.body
    }

    async fn write(&self, method: Method, url: &str, body: Json) {
        let request = Request::new(method, url).with_body(body);
        let answers = self.tenant.exchange(&[request]).await;
        assert!(answers[0].is_ok(), "{url}: {answers:?}");
    }
}

fn intent(plan: &Plan) -> Sealed {
    Sealed::new(Record {
        schema: SCHEMA,
        epoch: 1,
        previous: None,
        tenant: plan.basis.tenant.clone(),
        environment: plan.basis.environment.clone(),
        kind: RecordKind::Intent {
            plan: Box::new(plan.clone()),
        },
        run: sign(),
        nonce: "n0".to_owned(),
    })
}

/// Who does it all.
pub(super) fn sign() -> Run {
    Run {
        who: "ana@laptop".to_owned(),
        at: "2026-01-01T10:00:00Z".to_owned(),
    }
}

fn text(json: &Json) -> String {
    json.as_str().expect("a text").to_owned()
}

async fn run(
    plan: &Plan,
    tenant: &Emulator,
) -> BTreeMap<idac::address::Address, idac::address::ObjectId> {
    let mut journal: Vec<Entry> = Vec::new();
    let patience = Patience::for_tenant();
    let done = execute(plan, tenant, &mut journal, &patience, &go_on)
        .await
        .expect("memory takes every entry");
    assert_eq!(done.outcome, Outcome::Applied, "{done:#?}");
    done.created
}

/// What a root with this text desires.
fn desired(text: &str) -> Desired {
    let source = |path: &str, text: &str| Source {
        path: Arc::from(path),
        shown: Arc::from(path),
        bytes: text.as_bytes().to_vec(),
    };
    let sources = [
        source("idac.yaml", "project: contoso\n"),
        source("environments/sandbox.yaml", "tenant: emulator\n"),
        source("objects.yaml", text),
    ];
    let (declaration, findings) = declare(&sources);
    assert!(!has_errors(&findings), "{findings:#?}");
    let environment = &declaration.environments[&Name::new("sandbox")];
    resolve(&declaration, environment).expect("the root is sound")
}
