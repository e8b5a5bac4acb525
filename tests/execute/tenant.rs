//! A tenant of a few rules, in which a test decides what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use idac::graph::{Graph, Method, Refusal, Request, Response};
use serde_json::{Value as Json, json};

/// What happens to one request instead of what should.
pub(crate) enum Fault {
    Answer(Response),
    /// It takes effect and the answer is lost.
    LoseAnswer,
    LoseRequest,
    /// It takes effect or not, and the process dies.
    Die {
        landed: bool,
    },
}

/// Decides by the request and how many of the same method and URL came before.
pub(crate) type Script = dyn FnMut(&Request, usize) -> Option<Fault> + Send;

pub(crate) struct Tenant {
    inner: Mutex<Inner>,
}

struct Inner {
    store: Store,
    script: Box<Script>,
    seen: BTreeMap<String, usize>,
    exchanges: Vec<Vec<String>>,
}

/// What the tenant holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Store {
    /// By URL.
    pub objects: BTreeMap<String, Json>,
    /// By `/groups/{id}/members`.
    pub links: BTreeMap<String, BTreeSet<String>>,
    /// By id: where it was, and what.
    pub bin: BTreeMap<String, (String, Json)>,
}

impl Tenant {
    pub(crate) fn new(store: Store) -> Tenant {
        Tenant {
            inner: Mutex::new(Inner {
                store,
                script: Box::new(|_, _| None),
                seen: BTreeMap::new(),
                exchanges: Vec::new(),
            }),
        }
    }

    pub(crate) fn scripted(
        self,
        script: impl FnMut(&Request, usize) -> Option<Fault> + Send + 'static,
    ) -> Tenant {
        self.lock().script = Box::new(script);
        self
    }

    pub(crate) fn heal(&self) {
        self.lock().script = Box::new(|_, _| None);
    }

    pub(crate) fn store(&self) -> Store {
        self.lock().store.clone()
    }

    /// Behind Graph's back.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Store)) {
        change(&mut self.lock().store);
    }

    /// The writes, in order; those that left together in one line.
    pub(crate) fn writes(&self) -> Vec<String> {
        let is_write = |line: &&String| !line.starts_with("GET");
        self.lock()
            .exchanges
            .iter()
            .map(|batch| {
                batch
                    .iter()
                    .filter(is_write)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(" + ")
            })
            .filter(|line| !line.is_empty())
            .collect()
    }

    pub(crate) fn exchanges(&self) -> usize {
        self.lock().exchanges.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .expect("no test panics while it holds the tenant")
    }
}

impl Graph for Tenant {
    async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        let mut answers = Vec::new();
        let mut dies = false;
        {
            let mut inner = self.lock();
            let lines = batch.iter().map(line).collect();
            inner.exchanges.push(lines);
            for request in batch {
                let nth = inner.seen.entry(line(request)).or_default();
                *nth += 1;
                let nth = *nth - 1;
                let fault = match dies {
                    true => Some(Fault::Die { landed: false }),
                    false => (inner.script)(request, nth),
                };
                answers.push(match fault {
                    None => inner.store.answer(request).judge(),
                    Some(Fault::Answer(response)) => response.judge(),
                    Some(Fault::LoseAnswer) => {
                        inner.store.answer(request);
                        Err(Refusal::unanswered("reset"))
                    }
                    Some(Fault::LoseRequest) => Err(Refusal::unanswered("reset")),
                    Some(Fault::Die { landed }) => {
                        if landed {
                            inner.store.answer(request);
                        }
                        dies = true;
                        Err(Refusal::unanswered("died"))
                    }
                });
            }
        }
        if dies {
            std::future::pending::<()>().await;
        }
        answers
    }
}

fn line(request: &Request) -> String {
    format!("{} {}", request.method.as_str(), request.url)
}

/// An answer that is an error.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Response {
    let mut response = Response::new(status);
    response.body = Some(json!({ "error": { "code": code, "message": message } }));
    response
}

fn not_found() -> Response {
    error(
        404,
        "Request_ResourceNotFound",
        "Resource does not exist or one of its queried reference-property objects are not present.",
    )
}

fn ok(status: u16, body: Json) -> Response {
    let mut response = Response::new(status);
    response.body = Some(body);
    response
}

impl Store {
    pub(crate) fn put(&mut self, url: &str, mut object: Json) {
        let id = url.rsplit('/').next().expect("a URL has an end");
        object["id"] = json!(id);
        self.objects.insert(url.to_owned(), object);
    }

    fn answer(&mut self, request: &Request) -> Response {
        let (path, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
        let body = request.body.clone().unwrap_or(json!({}));
        match (request.method, path.strip_suffix("/$ref")) {
            (Method::Post, Some(relation)) => self.link(relation, &body),
            (Method::Delete, Some(link)) => self.unlink(link),
            (Method::Post, None) if path.starts_with("/directory/deletedItems/") => {
                self.restore(path)
            }
            (Method::Post, None) => self.post(path, body),
            (Method::Patch, None) => self.patch(path, &body),
            (Method::Get, None) => self.get(path, query),
            (Method::Delete, None) => self.delete(path),
            _ => error(
                405,
                "Request_BadRequest",
                "Specified HTTP method is not allowed for the request target.",
            ),
        }
    }

    fn by_key(path: &str) -> Option<(&str, &str, &str)> {
        let (collection, key) = path.strip_suffix("')")?.split_once('(')?;
        let (name, value) = key.split_once("='")?;
        Some((collection, name, value))
    }

    fn find(&self, path: &str) -> Option<String> {
        let Some((collection, name, value)) = Store::by_key(path) else {
            return self.objects.contains_key(path).then(|| path.to_owned());
        };
        self.objects
            .iter()
            .find(|(url, object)| {
                url.rsplit_once('/').map(|it| it.0) == Some(collection) && object[name] == value
            })
            .map(|(url, _)| url.clone())
    }

    /// Ids come from what identifies the object, so that two runs can be compared; a twin would have the same.
    fn add(&mut self, collection: &str, mut object: Json) -> Response {
        let name = ["uniqueName", "appId", "name", "principalId", "clientId"]
            .iter()
            .find_map(|key| object[key].as_str())
            .expect("whatever is created has a key");
        let set = collection.rsplit('/').next().expect("a set");
        let id = format!("{set}-{name}");
        if collection == "/applications" {
            object["appId"] = json!(format!("app-{name}"));
        }
        let url = format!("{collection}/{id}");
        assert!(!self.objects.contains_key(&url), "a twin of {url}");
        self.put(&url, object);
        ok(201, self.objects[&url].clone())
    }

    fn post(&mut self, collection: &str, object: Json) -> Response {
        let is_twin = |(url, other): (&String, &Json)| {
            url.rsplit_once('/').map(|it| it.0) == Some(collection)
                && [
                    "clientId",
                    "resourceId",
                    "consentType",
                    "principalId",
                    "appRoleId",
                ]
                .iter()
                .all(|key| other[key] == object[key])
        };
        match self.objects.iter().any(is_twin) {
            true => error(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                "Permission entry already exists.",
            ),
            false => self.add(collection, object),
        }
    }

    fn patch(&mut self, path: &str, body: &Json) -> Response {
        let Some(url) = self.find(path) else {
            return match Store::by_key(path) {
                Some((collection, name, value)) => {
                    let mut object = body.clone();
                    object[name] = json!(value);
                    self.add(collection, object)
                }
                None => not_found(),
            };
        };
        let object = self.objects.get_mut(&url).expect("it was found");
        let removes_enabled = body.get("appRoles").is_some_and(|roles| {
            let later = roles.as_array().expect("a list");
            object["appRoles"].as_array().is_some_and(|now| {
                now.iter().any(|role| {
                    role["isEnabled"] == true && !later.iter().any(|it| it["id"] == role["id"])
                })
            })
        });
        if removes_enabled {
            return error(
                400,
                "CannotDeleteOrUpdateEnabledEntitlement",
                "Permission (scope or role) cannot be deleted or updated unless disabled first.",
            );
        }
        for (name, value) in body.as_object().expect("a body is an object") {
            object[name] = value.clone();
        }
        Response::new(204)
    }

    fn get(&self, path: &str, query: &str) -> Response {
        if let Some(id) = path.strip_prefix("/directory/deletedItems/") {
            return match self.bin.get(id) {
                Some((_, object)) => ok(200, object.clone()),
                None => not_found(),
            };
        }
        if let Some(url) = self.find(path) {
            return ok(200, self.objects[&url].clone());
        }
        let parent_is_there = path
            .rsplit_once('/')
            .is_some_and(|(parent, _)| self.objects.contains_key(parent));
        let items: Vec<Json> = match self.links.get(path) {
            Some(ids) => ids.iter().map(|id| json!({ "id": id })).collect(),
            None => self
                .objects
                .iter()
                .filter(|(url, _)| url.rsplit_once('/').map(|it| it.0) == Some(path))
                .map(|(_, object)| object.clone())
                .collect(),
        };
        match !items.is_empty() || parent_is_there || query.contains("$filter") {
            true => ok(200, json!({ "value": items })),
            false => not_found(),
        }
    }

    fn delete(&mut self, path: &str) -> Response {
        let Some(object) = self.objects.remove(path) else {
            return not_found();
        };
        if ["/applications/", "/groups/", "/servicePrincipals/"]
            .iter()
            .any(|set| path.starts_with(set))
            && path.matches('/').count() == 2
        {
            let id = object["id"].as_str().expect("an id is text").to_owned();
            self.bin.insert(id, (path.to_owned(), object));
        }
        Response::new(204)
    }

    fn restore(&mut self, path: &str) -> Response {
        let id = path.split('/').nth(3).expect("an id");
        match self.bin.remove(id) {
            Some((url, object)) => {
                self.objects.insert(url, object.clone());
                ok(200, object)
            }
            None => not_found(),
        }
    }

    fn link(&mut self, relation: &str, body: &Json) -> Response {
        let to = body["@odata.id"]
            .as_str()
            .and_then(|it| it.rsplit('/').next())
            .expect("a reference");
        let owner = relation.rsplit_once('/').expect("a relation").0;
        if !self.objects.contains_key(owner) {
            return not_found();
        }
        match self
            .links
            .entry(relation.to_owned())
            .or_default()
            .insert(to.to_owned())
        {
            true => Response::new(204),
            false => error(
                400,
                "Request_BadRequest",
                "One or more added object references already exist for the following modified properties: 'members'.",
            ),
        }
    }

    fn unlink(&mut self, link: &str) -> Response {
        let (relation, to) = link.rsplit_once('/').expect("a link");
        match self
            .links
            .get_mut(relation)
            .is_some_and(|ids| ids.remove(to))
        {
            true => Response::new(204),
            false => not_found(),
        }
    }
}
