//! The tenant: a pure state machine that takes a request and gives a response.

use serde_json::{Value, json};

use crate::graph::{Method, Request, Response, VERSION_ROOT};

use super::batch;
use super::behaviour::Behaviour;
use super::faults::{self, Interference};
use super::founding::Founding;
use super::guid::{Dice, Guid};
use super::hardship::Hardship;
use super::moment;
use super::planted::{Planted, Unplantable};
use super::planting;
use super::problem::{Correlation, Problem};
use super::record::{Change, Entry, Key, Meta};
use super::records::Records;
use super::route;

/// The version of the exported form.
const EXPORT_VERSION: u64 = 1;

/// An Entra tenant. Cloning one gives an independent copy; what is not changed afterwards is shared.
#[derive(Clone, Debug)]
pub struct Tenant {
    pub(crate) meta: Meta,
    pub(crate) records: Records,
    /// Whether the tenant's own facts changed otherwise than by counting.
    meta_changed: MetaChange,
    /// Where links that it returns start.
    pub(crate) root: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MetaChange {
    None,
    Pending,
}

/// A message that hardship swallowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// It never arrived: no effect.
    Request,
    /// It had its effect, and the answer did not come back.
    Answer,
}

/// Why something is not an exported tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    #[error("it is not an exported tenant: {why}")]
    Unreadable { why: String },
    #[error("it was exported in version {found}; this idac reads version {EXPORT_VERSION}")]
    Version { found: u64 },
    #[error("it has no entry for the tenant itself")]
    NoTenant,
}

impl Tenant {
    /// Founds a tenant: its organization, domains, directory roles, Microsoft's service principals and users.
    pub fn new(founding: &Founding) -> Tenant {
        let mut tenant = Tenant::with_meta(Meta {
            tenant_id: founding.tenant_id.to_lowercase(),
            initial_domain: founding.default_domain.clone(),
            now_ms: founding.now_ms,
            dice: Dice(founding.seed),
            seed: founding.seed,
            sequence: 0,
            requests: 0,
            behaviour: Behaviour::default(),
            hardship: Hardship::default(),
            refusals_seen: Vec::new(),
            caller: None,
        });
        tenant.found(founding);
        tenant.records.keep();
        tenant.meta_changed = MetaChange::Pending;
        tenant
    }

    /// Answers a request with any status; `$batch` too. An answer that hardship loses shows as 504: use
    /// [`Tenant::respond`] to tell it apart.
    pub fn answer(&mut self, request: &Request) -> Response {
        match self.respond(request) {
            Ok(response) => response,
            Err(_) => {
                let mut response = Response::new(504);
                response.body = Some(json!({"error": {
                    "code": "UnknownError", "message": "The gateway did not receive a response in time."}}));
                response
            }
        }
    }

    /// Answers a request, or says that no answer comes.
    pub fn respond(&mut self, request: &Request) -> Result<Response, Lost> {
        if is_batch(request) {
            batch::answer(self, request)
        } else {
            self.respond_one(request)
        }
    }

    /// Answers a request that is not a batch.
    pub(super) fn respond_one(&mut self, request: &Request) -> Result<Response, Lost> {
        self.meta.requests += 1;
        match faults::before(self, request) {
            Some(Interference::Instead(response)) => Ok(response),
            Some(Interference::Lost(Lost::Request)) => Err(Lost::Request),
            Some(Interference::Lost(Lost::Answer)) => {
                self.serve(request);
                Err(Lost::Answer)
            }
            None => Ok(self.serve(request)),
        }
    }

    /// Does what a request asks, wholly or not at all.
    fn serve(&mut self, request: &Request) -> Response {
        let (sequence, dice) = (self.meta.sequence, self.meta.dice);
        match route::serve(self, request) {
            Ok(response) => {
                self.remember(sequence);
                self.records.keep();
                self.dressed(request, response)
            }
            Err(problem) => {
                self.records.undo();
                self.meta.sequence = sequence;
                self.meta.dice = dice;
                self.refusal(request, problem)
            }
        }
    }

    /// A refusal as it goes over the wire.
    pub(super) fn refusal(&self, request: &Request, problem: Problem) -> Response {
        let correlation = self.correlation(request);
        self.dressed(request, problem.into_response(&correlation))
    }

    /// A response with the headers that all have.
    pub(super) fn dressed(&self, request: &Request, mut response: Response) -> Response {
        let correlation = self.correlation(request);
        let mut header = |name: &str, value: String| {
            response.headers.entry(name.to_owned()).or_insert(value);
        };
        header("request-id", correlation.request_id);
        header("client-request-id", correlation.client_request_id);
        header("date", moment::http_date(self.meta.now_ms));
        let units = faults::resource_units(&self.root, request);
        header("x-ms-resource-unit", units.to_string());
        if response.body.is_some() {
            header("content-type", "application/json".to_owned());
        }
        response
    }

    fn correlation(&self, request: &Request) -> Correlation {
        let mut dice = Dice(self.meta.seed ^ self.meta.requests.wrapping_mul(0x9e37_79b9));
        let request_id = dice.guid().to_string();
        let client = request.headers.get("client-request-id");
        Correlation {
            client_request_id: client.unwrap_or(&request_id).clone(),
            date: moment::unzoned(self.meta.now_ms),
            request_id,
        }
    }

    /// Switches how the open points behave.
    pub fn set_behaviour(&mut self, behaviour: Behaviour) {
        self.meta.behaviour = behaviour;
        self.meta_changed = MetaChange::Pending;
    }

    /// Starts or stops faults.
    pub fn set_hardship(&mut self, hardship: Hardship) {
        self.meta.refusals_seen = vec![0; hardship.refusals.len()];
        self.meta.hardship = hardship;
        self.meta_changed = MetaChange::Pending;
    }

    /// The faults that the tenant shows.
    pub fn hardship(&self) -> &Hardship {
        &self.meta.hardship
    }

    /// Sets the virtual clock, in milliseconds since 1970. It never runs by itself.
    pub fn set_time(&mut self, now_ms: i64) {
        self.meta.now_ms = now_ms;
    }

    /// Says which service principal requests come from: its object id. Only [`Behaviour::app_only_creator`] asks.
    pub fn set_caller(&mut self, object_id: Option<&str>) {
        self.meta.caller = object_id.and_then(Guid::parse);
        self.meta_changed = MetaChange::Pending;
    }

    /// Sets where links that the tenant returns start; `https://graph.microsoft.com/v1.0` unless told otherwise.
    pub fn set_root(&mut self, root: &str) {
        self.root = root.trim_end_matches('/').to_owned();
    }

    /// Puts an object as it is, without Graph's checks; replaces one with the same id.
    pub fn plant(&mut self, object: Planted) -> Result<(), Unplantable> {
        let planted = self.put_planted(object);
        match &planted {
            Ok(()) => self.records.keep(),
            Err(_) => self.records.undo(),
        }
        planted
    }

    /// The tenant's id.
    pub fn id(&self) -> &str {
        &self.meta.tenant_id
    }

    /// The virtual clock.
    pub fn time_ms(&self) -> i64 {
        self.meta.now_ms
    }

    /// The complete state: the same tenant always exports the same value.
    pub fn export(&self) -> Value {
        let mut entries = vec![json!([Key::Meta, Entry::Meta(Box::new(self.meta.clone()))])];
        entries.extend(self.records.all().map(|(key, entry)| json!([key, entry])));
        json!({"version": EXPORT_VERSION, "entries": entries})
    }

    /// Reads what [`Tenant::export`] gave.
    pub fn import(value: Value) -> Result<Tenant, Corrupt> {
        let found = value.get("version").and_then(Value::as_u64);
        match found {
            Some(EXPORT_VERSION) => {}
            Some(found) => return Err(Corrupt::Version { found }),
            None => {
                return Err(Corrupt::Unreadable {
                    why: "it has no version".to_owned(),
                });
            }
        }
        let entries = match value {
            Value::Object(mut members) => members.remove("entries").unwrap_or_default(),
            _ => Value::Null,
        };
        let entries: Vec<(Key, Entry)> =
            serde_json::from_value(entries).map_err(|error| Corrupt::Unreadable {
                why: error.to_string(),
            })?;
        let mut entries = entries.into_iter();
        let Some((Key::Meta, Entry::Meta(meta))) = entries.next() else {
            return Err(Corrupt::NoTenant);
        };
        let mut tenant = Tenant::with_meta(*meta);
        for (key, entry) in entries {
            let entry = Some(entry);
            tenant.records.replay(Change { key, entry });
        }
        Ok(tenant)
    }

    /// What changed since this was last called, each entry as it is now: for an append-only log.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let mut changes = self.records.take_changes();
        if !changes.is_empty() || self.meta_changed == MetaChange::Pending {
            self.meta_changed = MetaChange::None;
            changes.push(Change {
                key: Key::Meta,
                entry: Some(Entry::Meta(Box::new(self.meta.clone()))),
            });
        }
        changes
    }

    /// Puts a change that [`Tenant::take_changes`] gave back in its place.
    pub fn replay(&mut self, change: Change) {
        match change.entry {
            Some(Entry::Meta(meta)) => self.meta = *meta,
            entry => self.records.replay(Change {
                key: change.key,
                entry,
            }),
        }
    }

    /// The application that a request would write, if it is such a write.
    pub(crate) fn written_application(&self, request: &Request) -> Option<Guid> {
        route::written(self, request)
    }

    /// What a write meets while another write of the same application is under way.
    pub(crate) fn answer_overlap(&mut self, request: &Request) -> Response {
        self.meta.requests += 1;
        self.refusal(request, Problem::concurrent())
    }

    fn with_meta(meta: Meta) -> Tenant {
        Tenant {
            meta,
            records: Records::default(),
            meta_changed: MetaChange::None,
            root: VERSION_ROOT.to_owned(),
        }
    }

    fn found(&mut self, founding: &Founding) {
        planting::found(self, founding);
    }

    fn put_planted(&mut self, object: Planted) -> Result<(), Unplantable> {
        planting::plant(self, object)
    }
}

fn is_batch(request: &Request) -> bool {
    let path = request.url.split('?').next().unwrap_or_default();
    request.method == Method::Post && path.ends_with("/$batch")
}
