//! What once broke a law, as the smallest change that did. Seeds draw another world whenever the generator learns
//! something; these stay what they are.

use idac::emulator::{Behaviour, Flapping, Hardship, Lag, ScheduledRefusal, Tenant};
use idac::graph::{Method, Request};
use idac::ledger::Folder;
use serde_json::{Value, json};
use std::path::Path;

use super::root::Root;
use super::world::{Ending, Telling, World};

/// One change, and how it must end.
pub(crate) struct Regression {
    /// What was wrong.
    pub(crate) sentence: &'static str,
    before: Vec<Value>,
    after: Vec<Value>,
    hardship: Hardship,
    /// How many seeds of the hardship are tried.
    seeds: u64,
    /// What somebody does in the portal between the two, to the object of this address.
    meanwhile: Option<(&'static str, Meddling)>,
    /// Any of these.
    endings: &'static [Ending],
}

/// What is done to an object whose id is given.
type Meddling = fn(&mut Tenant, &str);

pub(crate) fn all() -> Vec<Regression> {
    let mut all = exclusive();
    all.extend(order());
    all.extend(way_back());
    all
}

impl Regression {
    /// Lives through it; what is wrong comes back.
    pub(crate) async fn live_through(&self, number: usize, presence: &Path) -> Vec<String> {
        let mut problems = Vec::new();
        for seed in 0..self.seeds {
            let name = format!("regression-{number}-{seed}");
            let hardship = Hardship {
                seed,
                ..self.hardship.clone()
            };
            let world = World::new(
                &name,
                7,
                Behaviour::default(),
                Folder::open(presence),
                Telling::Quiet,
            );
            problems.extend(self.once(world, &hardship).await);
        }
        problems
    }

    async fn once(&self, mut world: World, hardship: &Hardship) -> Vec<String> {
        let first = world.round(&root(&self.before), &Hardship::default()).await;
        if first != Ending::Applied {
            world
                .problems
                .push(format!("the first declaration ends {first:?}"));
            return world.problems;
        }
        if let Some((address, meddling)) = self.meanwhile {
            world.meddle_with(address, meddling);
        }
        let second = world.round(&root(&self.after), hardship).await;
        if !self.endings.contains(&second) {
            world
                .problems
                .push(format!("it ends {second:?} instead of {:?}", self.endings));
        }
        world.problems
    }
}

fn root(documents: &[Value]) -> Root {
    let address = |document: &Value| {
        format!(
            "{}/{}",
            document["kind"].as_str().unwrap_or_default(),
            document["name"].as_str().unwrap_or_default()
        )
    };
    Root {
        documents: documents
            .iter()
            .map(|document| (address(document), document.clone()))
            .collect(),
        ..Root::default()
    }
}

/// A document with some keys; `displayName` is the name.
fn document(kind: &str, name: &str, keys: Value) -> Value {
    let mut document = json!({"kind": kind, "name": name, "displayName": name});
    for (key, value) in keys.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    document
}

fn application(name: &str, keys: Value) -> Value {
    document("application", name, keys)
}

fn group(name: &str, keys: Value) -> Value {
    document("group", name, keys)
}

fn applied(sentence: &'static str, before: Vec<Value>, after: Vec<Value>) -> Regression {
    Regression {
        sentence,
        before,
        after,
        hardship: Hardship::default(),
        seeds: 1,
        meanwhile: None,
        endings: &[Ending::Applied],
    }
}

/// The write that fits is refused, and replicas are behind meanwhile.
fn rolled_back(
    sentence: &'static str,
    before: Vec<Value>,
    after: Vec<Value>,
    refused: (&str, &str),
) -> Regression {
    let lag = Lag {
        requests: 6,
        ms: 4_000,
        flapping: Flapping::Flapping,
    };
    let refusal = ScheduledRefusal {
        nth: 1,
        method: Some(refused.0.to_owned()),
        path_contains: refused.1.to_owned(),
        status: 403,
        code: "Authorization_RequestDenied".to_owned(),
        message: "Refused on purpose.".to_owned(),
    };
    let hardship = Hardship {
        create_lag: lag,
        update_lag: lag,
        refusals: vec![refusal],
        ..Hardship::default()
    };
    Regression {
        sentence,
        before,
        after,
        hardship,
        seeds: 12,
        meanwhile: None,
        endings: &[Ending::RolledBack],
    }
}

fn credential(name: &str, subject: &str) -> Value {
    json!({"name": name, "issuer": "https://tokens.contoso.com", "subject": format!("repo:contoso/{subject}")})
}

fn credentials(of: &[(&str, &str)]) -> Vec<Value> {
    let all: Vec<Value> = of
        .iter()
        .map(|(name, subject)| credential(name, subject))
        .collect();
    vec![application(
        "api",
        json!({"federatedIdentityCredentials": all}),
    )]
}

/// What only one object can have at a time.
fn exclusive() -> Vec<Regression> {
    let uris = |one: &str, other: &str| {
        let uri =
            |name: &str| json!({"identifierUris": [format!("https://${{tenant.domain}}/{name}")]});
        vec![application("api", uri(one)), application("web", uri(other))]
    };
    vec![
        applied(
            "Two credentials that exchange their subjects were both refused, in every order",
            credentials(&[("deploy", "a"), ("main", "b")]),
            credentials(&[("deploy", "b"), ("main", "a")]),
        ),
        applied(
            "Three credentials that pass their subjects round were refused",
            credentials(&[("deploy", "a"), ("main", "b"), ("nightly", "c")]),
            credentials(&[("deploy", "b"), ("main", "c"), ("nightly", "a")]),
        ),
        applied(
            "A credential took a subject before the one that had it was gone",
            credentials(&[("deploy", "a")]),
            credentials(&[("main", "a")]),
        ),
        applied(
            "An application took an identifier URI before the other let go of it",
            uris("one", "two"),
            uris("three", "one"),
        ),
        applied(
            "Two applications that exchange their identifier URIs waited for one another",
            uris("one", "two"),
            uris("two", "one"),
        ),
    ]
}

/// What must come before what.
fn order() -> Vec<Regression> {
    let scope = |value: &str, enabled: bool| {
        json!({"value": value, "adminConsentDisplayName": value, "adminConsentDescription": value,
            "isEnabled": enabled})
    };
    let api = |scopes: Vec<Value>, clients: Value| {
        vec![
            application("client", json!({})),
            application("other", json!({})),
            application(
                "zapi",
                json!({"api": {"oauth2PermissionScopes": scopes, "preAuthorizedApplications": clients}}),
            ),
        ]
    };
    let client = |name: &str, scopes: &[&str]| json!({"application": format!("application/{name}"), "scopes": scopes});
    let mut off = scope("Use", false);
    off["adminConsentDescription"] = json!("Not any more.");
    let tagged = |tags: &[&str], own: &[&str]| {
        vec![application(
            "api",
            json!({"tags": tags, "servicePrincipal": {"tags": {"atLeast": own}}}),
        )]
    };
    vec![
        applied(
            "Pre-authorised clients that are left alone went on naming a permission scope that goes",
            api(
                vec![scope("Use", true), scope("Read", true)],
                json!([client("client", &["Use", "Read"])]),
            ),
            api(
                vec![scope("Read", true)],
                json!({"atLeast": [client("other", &["Read"])]}),
            ),
        ),
        applied(
            "Pre-authorised clients that are left alone went on naming a permission scope that is switched off",
            api(
                vec![scope("Use", true), scope("Read", true)],
                json!([client("client", &["Use", "Read"])]),
            ),
            api(
                vec![off.clone(), scope("Read", true)],
                json!({"atLeast": [client("other", &["Read"])]}),
            ),
        ),
        applied(
            "Members were added to a group while its rule still decided",
            vec![group(
                "sales",
                json!({"membershipRule": "(user.department -eq \"Sales\")"}),
            )],
            vec![
                application("api", json!({})),
                group(
                    "sales",
                    json!({"description": "knows ${application/api.appId}", "membershipRule": null,
                    "members": ["user/ana@contoso.com"]}),
                ),
            ],
        ),
        applied(
            "A tag that the application loses was taken for the service principal's own",
            tagged(&["one", "two"], &["three"]),
            tagged(&["two"], &["one", "three"]),
        ),
        applied(
            "An owner was unlinked from an object when the plan had deleted the owner already",
            vec![
                application(
                    "api",
                    json!({"owners": ["application/web", "user/ana@contoso.com"]}),
                ),
                application("web", json!({"servicePrincipal": {}})),
            ],
            vec![application(
                "api",
                json!({"owners": ["user/ana@contoso.com"]}),
            )],
        ),
        applied(
            "An empty text was sent for a group's description, which Graph refuses",
            vec![group("devs", json!({"description": "plain words"}))],
            vec![group("devs", json!({"description": ""}))],
        ),
    ]
}

/// What a way back must not believe, and what it must not forget.
fn way_back() -> Vec<Regression> {
    let assigned = |principals: &[&str]| {
        let all: Vec<Value> = principals
            .iter()
            .map(|it| json!({"principal": it, "appRole": "Task.Run"}))
            .collect();
        vec![
            application(
                "api",
                json!({
                "appRoles": [{"value": "Task.Run", "displayName": "Run", "description": "Run",
                    "allowedMemberTypes": ["User"]}],
                "servicePrincipal": {"appRoleAssignedTo": all}}),
            ),
            group("devs", json!({"description": "plain words"})),
        ]
    };
    let with = |extra: Value, text: &str| {
        let mut documents = vec![group("devs", json!({"description": text}))];
        documents.extend(extra.as_array().cloned().unwrap_or_default());
        documents
    };
    vec![
        rolled_back(
            "What the plan created was believed to be gone, because a replica had not seen it yet",
            with(json!([]), "one"),
            with(
                json!([application("api", json!({})), group("staff", json!({}))]),
                "two",
            ),
            ("PATCH", "/groups/"),
        ),
        rolled_back(
            "What the plan deleted was believed to be back, because a replica still showed it",
            with(
                json!([
                    application("api", json!({"servicePrincipal": {}})),
                    group("staff", json!({}))
                ]),
                "one",
            ),
            with(
                json!([application(
                    "web",
                    json!({"owners": ["user/ana@contoso.com"]})
                )]),
                "two",
            ),
            ("POST", "/owners/"),
        ),
        rolled_back(
            "An assignment that the plan took away was not made again, because a list still showed it",
            assigned(&["user/ana@contoso.com", "user/ben@contoso.com"]),
            vec![
                assigned(&[])[0].clone(),
                group(
                    "devs",
                    json!({"description": "other words", "owners": ["user/ana@contoso.com"]}),
                ),
            ],
            ("POST", "/owners/"),
        ),
        unclear(),
        taken_along(),
        dangling(),
        rolled_back(
            "Tags of the application's stayed as the service principal's own when the application had lost them again",
            vec![application(
                "api",
                json!({"tags": [], "servicePrincipal": {"tags": {"atLeast": []}}}),
            )],
            vec![
                application(
                    "api",
                    json!({"tags": ["two"], "servicePrincipal": {"tags": {"atLeast": ["one"]}}}),
                ),
                // What is refused waits for two objects that replicas must know first: the tags are written by then.
                application(
                    "web",
                    json!({"servicePrincipal": {"owners": ["user/ana@contoso.com"]}}),
                ),
            ],
            ("POST", "/servicePrincipals/"),
        ),
        Regression {
            endings: &[Ending::Stopped, Ending::RolledBack],
            ..rolled_back(
                "The first owner of a group was to be unlinked again, which Graph refuses; the plan did not say so",
                vec![group("devs", json!({})), group("staff", json!({}))],
                vec![
                    group("devs", json!({"owners": ["user/ana@contoso.com"]})),
                    group("staff", json!({"members": ["user/ben@contoso.com"]})),
                ],
                ("POST", "/members/"),
            )
        },
    ]
}

/// The first request lands and its answer is lost; replicas show the object as it was; the second is refused.
fn unclear() -> Regression {
    let mut regression = rolled_back(
        "A write that had landed without an answer was taken for one without effect, because the next was refused",
        vec![group("devs", json!({"description": "one"}))],
        vec![group("devs", json!({"description": "two"}))],
        ("PATCH", "/groups/"),
    );
    regression.hardship.refusals[0].nth = 2;
    regression.hardship.lost_answer_per_mille = 350;
    regression.hardship.update_lag.flapping = Flapping::Steady;
    regression.seeds = 40;
    // Without a lost answer there is no second request.
    regression.endings = &[Ending::RolledBack, Ending::Applied];
    regression
}

fn taken_along() -> Regression {
    let kept = |text: &str| group("devs", json!({"description": text}));
    let consented = |tenant: &mut Tenant, id: &str| {
        let application = tenant
            .answer(&Request::get(format!("/applications/{id}")))
            .body
            .unwrap_or_default();
        let body = json!({"appId": application["appId"]});
        tenant.answer(&Request::new(Method::Post, "/servicePrincipals").with_body(body));
    };
    let mut regression = rolled_back(
        "A service principal that nobody declared went with its application and did not come back with it",
        vec![application("api", json!({})), kept("one")],
        vec![
            kept("one"),
            application("web", json!({"owners": ["user/ana@contoso.com"]})),
        ],
        ("POST", "/owners/"),
    );
    regression.meanwhile = Some(("application/api", consented));
    regression
}

fn dangling() -> Regression {
    let assigned = json!({"kind": "directoryRoleAssignment", "name": "reader", "role": "Directory Readers",
        "principal": "group/admins", "scope": "/"});
    let admins = |text: &str| {
        group(
            "admins",
            json!({"description": text, "isAssignableToRole": true}),
        )
    };
    let buried = |tenant: &mut Tenant, id: &str| {
        tenant.answer(&Request::new(Method::Delete, format!("/groups/{id}")));
    };
    let mut regression = rolled_back(
        "The assignment of somebody in the recycle bin was to be made again, for ever",
        vec![admins("one"), assigned],
        vec![group("devs", json!({"owners": ["user/ana@contoso.com"]}))],
        ("POST", "/owners/"),
    );
    regression.meanwhile = Some(("group/admins", buried));
    regression
}
