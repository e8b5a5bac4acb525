//! Tenants that answer from a script.

use std::collections::BTreeMap;
use std::sync::Mutex;

use idac::graph::{Graph, Refusal, Request, Response};
use serde_json::{Value, json};

/// A tenant of which only these answers are known; everything else is not there.
#[derive(Default)]
pub(crate) struct Script {
    answers: BTreeMap<String, (u16, Value)>,
    pub(crate) rounds: Mutex<Vec<Vec<String>>>,
}

impl Script {
    pub(crate) fn new() -> Script {
        let mut script = Script::default();
        script.answer(
            "/organization?",
            json!({ "value": [{ "id": "7f3c2a10-0000-4000-8000-000000000001", "verifiedDomains": [
                { "name": "contoso.onmicrosoft.com", "isDefault": false },
                { "name": "contoso.com", "isDefault": true },
            ]}]}),
        );
        for set in ["applications", "groups", "servicePrincipals"] {
            script.answer(
                &format!("/{set}?$count=true&$top=1&$select=id"),
                json!({ "@odata.count": 7, "value": [] }),
            );
        }
        script
    }

    /// The answer to every request whose URL starts like this; the longest start wins.
    pub(crate) fn answer(&mut self, start: &str, body: Value) {
        self.answer_with(start, 200, body);
    }

    pub(crate) fn answer_with(&mut self, start: &str, status: u16, body: Value) {
        self.answers.insert(start.to_owned(), (status, body));
    }

    /// What was asked after the tenant's own facts, round by round, each without its `$select`.
    pub(crate) fn asked(&self) -> Vec<Vec<String>> {
        let rounds = self.rounds.lock().expect("not poisoned");
        rounds
            .iter()
            .map(|round| {
                let urls = round.iter().filter(|url| {
                    !url.starts_with("/organization?") && !url.contains("$count=true")
                });
                urls.map(|url| short(url)).collect()
            })
            .filter(|round: &Vec<String>| !round.is_empty())
            .collect()
    }
}

/// A URL whose `$select`, which names every property of the table, is shortened.
fn short(url: &str) -> String {
    let Some((before, rest)) = url.split_once("$select=id,") else {
        return url.to_owned();
    };
    match rest.split_once('&') {
        Some((_, after)) => format!("{before}$select=…&{after}"),
        None => format!("{before}$select=…"),
    }
}

impl Graph for Script {
    async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        let urls = batch.iter().map(|request| request.url.clone()).collect();
        self.rounds.lock().expect("not poisoned").push(urls);
        batch
            .iter()
            .map(|request| {
                let found = self
                    .answers
                    .iter()
                    .filter(|(start, _)| request.url.starts_with(*start))
                    .max_by_key(|(start, _)| start.len());
                let (status, body) = match found {
                    Some((_, answer)) => answer.clone(),
                    None if request.url.starts_with("/directory/deletedItems/") => {
                        (200, json!({ "value": [] }))
                    }
                    None => (
                        404,
                        json!({ "error": { "code": "Request_ResourceNotFound" } }),
                    ),
                };
                let mut response = Response::new(status);
                response.body = Some(body);
                response.judge()
            })
            .collect()
    }
}

/// A tenant with as many applications, which it lists in pages of 999.
pub(crate) struct Many {
    pub(crate) applications: usize,
    pub(crate) exchanges: Mutex<Vec<usize>>,
}

impl Many {
    fn application(number: usize) -> Value {
        json!({ "id": format!("app-{number}"), "appId": format!("app-id-{number}"),
            "uniqueName": format!("contoso-a{number}") })
    }

    fn answer(&self, url: &str) -> Value {
        if url.starts_with("/organization") {
            return json!({ "value": [{ "id": "t", "verifiedDomains": [] }] });
        }
        if url.contains("$count=true") {
            return json!({ "@odata.count": self.applications, "value": [] });
        }
        if let Some(rest) = url.strip_prefix("/applications(uniqueName='contoso-a") {
            let number = rest.split('\'').next().and_then(|text| text.parse().ok());
            return Many::application(number.expect("a number"));
        }
        let start = url.split_once("$skiptoken=").map_or(0, |(_, start)| {
            start.parse().expect("the token that was given")
        });
        let end = self.applications.min(start + 999);
        let value: Vec<Value> = (start..end).map(Many::application).collect();
        let mut page = json!({ "value": value });
        if end < self.applications {
            page["@odata.nextLink"] = json!(format!(
                "https://graph.microsoft.com/v1.0/applications?$skiptoken={end}"
            ));
        }
        page
    }
}

impl Graph for Many {
    async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        self.exchanges
            .lock()
            .expect("not poisoned")
            .push(batch.len());
        batch
            .iter()
            .map(|request| {
                let mut response = Response::new(200);
                response.body = Some(self.answer(&request.url));
                Ok(response)
            })
            .collect()
    }
}
