//! Reading: asking again while the tenant is busy, and following its pages.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value};
use url::{Host, Url};

use super::patience::{Budget, Ground, Intent, Patience, Spent, Verdict};
use super::{Graph, Refusal, Request, Response};

/// An owner that was seen a moment ago and is now not found has been deleted meanwhile, or is not on this replica.
const LAG: Budget = Budget {
    attempts: 8,
    total_ms: 20_000,
    first_ms: 100,
    most_ms: 5_000,
};
/// Ten million objects at 999 a page: whoever has more than that is paging in circles.
const PAGES_MAX: usize = 10_000;
/// A page may be empty and not the last; so many in a row are not a list any more.
const EMPTY_PAGES_MAX: usize = 100;

/// Microsoft Graph in Microsoft's clouds: learn.microsoft.com, national cloud deployments.
const GRAPH_HOSTS: &[&str] = &[
    "graph.microsoft.com",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
];

/// One read, whose answer does not depend on others.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub request: Request,
    /// Settled: 404 says that it is not there. Fresh: its owner was seen a moment ago, so 404 says nothing yet.
    pub ground: Ground,
}

/// Sends the reads together and answers each in its place. What the tenant was too busy for, failed at or did not
/// answer is asked again, a bounded number of times and not before the tenant allows.
pub async fn read<G: Graph>(graph: &G, reads: &[Read]) -> Vec<Result<Response, Refusal>> {
    let patience = Patience {
        lag: LAG,
        ..Patience::for_tenant()
    };
    let mut spent = vec![Spent::default(); reads.len()];
    let mut answers: Vec<Option<Result<Response, Refusal>>> = vec![None; reads.len()];
    let mut open: Vec<usize> = (0..reads.len()).collect();
    while !open.is_empty() {
        let batch: Vec<Request> = open.iter().map(|at| reads[*at].request.clone()).collect();
        let mut delay_ms = 0;
        let mut again = Vec::new();
        for (at, answer) in open.iter().zip(graph.exchange(&batch).await) {
            if let Err(refusal) = &answer {
                let (ground, seed) = (reads[*at].ground, *at as u64);
                match patience.judge(refusal, Intent::Read, ground, &mut spent[*at], seed) {
                    Verdict::Retry { after_ms } => {
                        delay_ms = delay_ms.max(after_ms);
                        again.push(*at);
                    }
                    Verdict::LookFirst { .. } | Verdict::AlreadySo | Verdict::GiveUp => {}
                }
            }
            answers[*at] = Some(answer);
        }
        open = again;
        if !open.is_empty() {
            tracing::debug!(reads = open.len(), delay_ms, "asking again");
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
    }
    answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|| Err(Refusal::unanswered("no answer was given"))))
        .collect()
}

/// One page of a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub entries: Vec<Map<String, Value>>,
    /// `@odata.count`, where it was asked for and given.
    pub count: Option<u64>,
    next: Option<String>,
}

impl Page {
    /// Reads a page, or says what about it is not as Graph documents.
    pub fn parse(response: Response) -> Result<Page, String> {
        let mut body = object(response)?;
        let next = match body.remove("@odata.nextLink") {
            None | Some(Value::Null) => None,
            Some(Value::String(link)) => Some(link),
            Some(_) => return Err("`@odata.nextLink` is not text".to_owned()),
        };
        let count = match body.remove("@odata.count") {
            None | Some(Value::Null) => None,
            Some(count) => Some(
                count
                    .as_u64()
                    .ok_or("`@odata.count` is not a whole number")?,
            ),
        };
        let Some(Value::Array(entries)) = body.remove("value") else {
            return Err("it has no list `value`".to_owned());
        };
        let entries = entries
            .into_iter()
            .map(|entry| match entry {
                Value::Object(entry) => Ok(entry),
                _ => Err("an entry of `value` is not an object".to_owned()),
            })
            .collect::<Result<_, String>>()?;
        Ok(Page {
            entries,
            count,
            next,
        })
    }
}

/// The body of a response that answers with one object.
pub fn object(response: Response) -> Result<Map<String, Value>, String> {
    match response.body {
        Some(Value::Object(body)) => Ok(body),
        Some(Value::String(_)) => Err("the body is text and not JSON".to_owned()),
        Some(_) => Err("the body is not a JSON object".to_owned()),
        None => Err(format!("status {} without a body", response.status)),
    }
}

/// Where following the pages of one collection has led so far.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    host: Option<String>,
    links: BTreeSet<String>,
    empty_pages: usize,
}

impl Trail {
    /// The request for the page after this one: the tenant's link verbatim, with the headers of the first request.
    /// `None` when the page is the last.
    pub fn next(&mut self, request: &Request, page: &Page) -> Result<Option<Request>, String> {
        let Some(link) = &page.next else {
            return Ok(None);
        };
        self.empty_pages = match page.entries.is_empty() {
            true => self.empty_pages + 1,
            false => 0,
        };
        if self.empty_pages > EMPTY_PAGES_MAX {
            return Err(format!(
                "more than {EMPTY_PAGES_MAX} pages in a row are empty"
            ));
        }
        if self.links.len() >= PAGES_MAX {
            return Err(format!("it has more than {PAGES_MAX} pages"));
        }
        let host = trusted_host(link)?;
        if *self.host.get_or_insert_with(|| host.clone()) != host {
            return Err(format!("`@odata.nextLink` changes to another host, {host}"));
        }
        if *link == request.url || !self.links.insert(link.clone()) {
            return Err("`@odata.nextLink` leads back to a page that was read".to_owned());
        }
        Ok(Some(Request {
            method: request.method,
            url: link.clone(),
            headers: request.headers.clone(),
            body: None,
        }))
    }
}

/// The host and port of a link, when it may be sent a token: Graph's own, or an emulator on this machine.
fn trusted_host(link: &str) -> Result<String, String> {
    let url =
        Url::parse(link).map_err(|_| "`@odata.nextLink` is not an absolute URL".to_owned())?;
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let host = url.host_str().unwrap_or_default();
    let is_graph = GRAPH_HOSTS.contains(&host) && url.scheme() == "https" && url.port().is_none();
    let is_http = matches!(url.scheme(), "https" | "http");
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    if is_anonymous && (is_graph || (is_local && is_http)) {
        return Ok(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        });
    }
    Err(format!("`@odata.nextLink` points elsewhere, to {host}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::*;

    fn page(next: Option<&str>, entries: usize) -> Page {
        let mut body = json!({ "value": vec![json!({ "id": "x" }); entries] });
        if let Some(next) = next {
            body["@odata.nextLink"] = json!(next);
        }
        let mut response = Response::new(200);
        response.body = Some(body);
        Page::parse(response).expect("it is a page")
    }

    fn first() -> Request {
        Request::get("/applications?$top=999").with_header("ConsistencyLevel", "eventual")
    }

    const NEXT: &str = "https://graph.microsoft.com/v1.0/applications?$skiptoken=a%2Bb";

    #[test]
    fn a_link_is_followed_verbatim_with_the_same_headers() {
        let next = Trail::default().next(&first(), &page(Some(NEXT), 1));
        let expected = Request::get(NEXT).with_header("ConsistencyLevel", "eventual");
        assert_eq!(next, Ok(Some(expected)));
        assert_eq!(Trail::default().next(&first(), &page(None, 1)), Ok(None));
    }

    #[test]
    fn a_link_that_was_followed_before_is_refused() {
        let mut trail = Trail::default();
        trail
            .next(&first(), &page(Some(NEXT), 1))
            .expect("it is new");
        assert_eq!(
            trail.next(&first(), &page(Some(NEXT), 1)),
            Err("`@odata.nextLink` leads back to a page that was read".to_owned())
        );
    }

    #[test]
    fn a_link_that_points_elsewhere_is_refused() {
        for (link, why) in [
            (
                "https://evil.example/v1.0/applications",
                "points elsewhere, to evil.example",
            ),
            (
                "http://graph.microsoft.com/v1.0/applications",
                "points elsewhere",
            ),
            (
                "https://graph.microsoft.com:8443/v1.0/x",
                "points elsewhere",
            ),
            (
                "https://graph.microsoft.com@evil.example/",
                "points elsewhere",
            ),
            (
                "https://x@graph.microsoft.com/v1.0/users",
                "points elsewhere",
            ),
            ("/applications?$skiptoken=a", "not an absolute URL"),
        ] {
            let refused = Trail::default()
                .next(&first(), &page(Some(link), 1))
                .expect_err(link);
            assert!(refused.contains(why), "{link}: {refused}");
        }
        let local = "http://127.0.0.1:8080/v1.0/applications?$skiptoken=a";
        assert!(
            Trail::default()
                .next(&first(), &page(Some(local), 1))
                .is_ok()
        );
    }

    #[test]
    fn pages_that_change_the_host_are_refused() {
        let mut trail = Trail::default();
        trail
            .next(&first(), &page(Some(NEXT), 1))
            .expect("the first host is Graph's");
        let other = "https://graph.microsoft.us/v1.0/applications?$skiptoken=b";
        let refused = trail
            .next(&first(), &page(Some(other), 1))
            .expect_err("another cloud");
        assert!(refused.contains("changes to another host"), "{refused}");
    }

    #[test]
    fn a_list_that_only_has_empty_pages_ends() {
        let mut trail = Trail::default();
        let refused = (0..1_000).find_map(|number| {
            trail
                .next(&first(), &page(Some(&format!("{NEXT}{number}")), 0))
                .err()
        });
        assert_eq!(
            refused.as_deref(),
            Some("more than 100 pages in a row are empty")
        );
    }

    #[test]
    fn what_is_not_a_page_says_why() {
        for (body, why) in [
            (Some(json!("<html>")), "the body is text and not JSON"),
            (Some(json!([])), "the body is not a JSON object"),
            (None, "status 200 without a body"),
            (Some(json!({})), "it has no list `value`"),
            (
                Some(json!({ "value": [1] })),
                "an entry of `value` is not an object",
            ),
            (
                Some(json!({ "value": [], "@odata.nextLink": 1 })),
                "`@odata.nextLink` is not text",
            ),
            (
                Some(json!({ "value": [], "@odata.count": -1 })),
                "`@odata.count` is not a whole number",
            ),
        ] {
            let mut response = Response::new(200);
            response.body = body;
            assert_eq!(Page::parse(response), Err(why.to_owned()));
        }
    }

    /// Answers every request from one list of statuses, and remembers what it was sent.
    struct Moody {
        statuses: Mutex<Vec<u16>>,
        sent: Mutex<Vec<Vec<String>>>,
    }

    impl Graph for Moody {
        async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
            let urls = batch.iter().map(|request| request.url.clone()).collect();
            self.sent.lock().expect("not poisoned").push(urls);
            let mut statuses = self.statuses.lock().expect("not poisoned");
            batch
                .iter()
                .map(|_| {
                    let mut response = Response::new(statuses.remove(0));
                    if response.status == 429 {
                        let header = ("retry-after".to_owned(), "7".to_owned());
                        response.headers.extend([header]);
                    }
                    response.judge()
                })
                .collect()
        }
    }

    fn moody(statuses: &[u16]) -> Moody {
        Moody {
            statuses: Mutex::new(statuses.to_vec()),
            sent: Mutex::new(Vec::new()),
        }
    }

    fn reads(ground: Ground) -> Vec<Read> {
        ["/a", "/b"]
            .map(|url| Read {
                request: Request::get(url),
                ground,
            })
            .to_vec()
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_was_throttled_is_asked_again_and_not_before_its_time() {
        let graph = moody(&[429, 200, 503, 200]);
        let start = tokio::time::Instant::now();
        let answers = read(&graph, &reads(Ground::Settled)).await;
        assert!(answers.iter().all(Result::is_ok));
        let sent = graph.sent.lock().expect("not poisoned");
        assert_eq!(*sent, [vec!["/a", "/b"], vec!["/a"], vec!["/a"]]);
        let waited_ms = start.elapsed().as_millis();
        assert!((7_000..10_000).contains(&waited_ms), "{waited_ms}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_that_stays_down_is_given_up() {
        let graph = moody(&[500; 22]);
        let answers = read(&graph, &reads(Ground::Settled)).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(graph.sent.lock().expect("not poisoned").len(), 11);
    }

    #[tokio::test(start_paused = true)]
    async fn absence_is_an_answer_unless_the_owner_was_just_seen() {
        let graph = moody(&[404, 403]);
        let answers = read(&graph, &reads(Ground::Settled)).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(graph.sent.lock().expect("not poisoned").len(), 1);
        let graph = moody(&[404, 403, 200]);
        let answers = read(&graph, &reads(Ground::Fresh)).await;
        assert!(answers[0].is_ok());
        assert!(answers[1].is_err());
    }
}
