//! What once broke a law, as the smallest change that did. Seeds draw another world whenever the generator learns
//! something; these stay what they are.

use idac::emulator::{Behaviour, Flapping, Hardship, Lag, ScheduledRefusal};
use idac::ledger::Folder;
use serde_json::{Value, json};

use super::root::Root;
use super::world::{Ending, Telling, World};

/// One change, and how it must end.
pub(crate) struct Regression {
    /// What was wrong.
    pub(crate) sentence: &'static str,
    before: Vec<Value>,
    after: Vec<Value>,
    hardship: Hardship,
    ending: Ending,
}

pub(crate) fn all() -> Vec<Regression> {
    let mut all = exclusive();
    all.extend(order());
    all.extend(way_back());
    all
}

impl Regression {
    /// Lives through it; what is wrong comes back.
    pub(crate) async fn live_through(&self, number: usize, presence: Folder) -> Vec<String> {
        let name = format!("regression-{number}");
        let mut world = World::new(&name, 7, Behaviour::default(), presence, Telling::Quiet);
        let first = world.round(&root(&self.before), &Hardship::default()).await;
        if first != Ending::Applied {
            world
                .problems
                .push(format!("the first declaration ends {first:?}"));
            return world.problems;
        }
        let second = world.round(&root(&self.after), &self.hardship).await;
        if second != self.ending {
            world
                .problems
                .push(format!("it ends {second:?} instead of {:?}", self.ending));
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
        ending: Ending::Applied,
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
        seed: 11,
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
        ending: Ending::RolledBack,
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
                vec![scope("Use", false), scope("Read", true)],
                json!({"atLeast": [client("other", &["Read"])]}),
            ),
        ),
        applied(
            "Members were added to a group while its rule still decided",
            vec![group(
                "sales",
                json!({"membershipRule": "(user.department -eq \"Sales\")"}),
            )],
            vec![group(
                "sales",
                json!({"membershipRule": null, "members": ["user/ana@contoso.com"]}),
            )],
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
    ]
}
