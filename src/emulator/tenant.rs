//! The tenant: a pure state machine that takes a request and gives a response.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::graph::{Method, Request, Response, VERSION_ROOT};

use super::behaviour::Behaviour;
use super::founding::Founding;
use super::guid::{Dice, Guid};
use super::hardship::Hardship;
use super::planted::{Planted, Unplantable};
use super::record::{Change, Entry, Key, Meta};
use super::records::Records;

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
        self.meta.requests += 1;
        let _ = (request.method == Method::Get, &request.url);
        Ok(Response::new(501))
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
        let _ = request;
        None
    }

    /// What a write meets while another write of the same application is under way.
    pub(crate) fn answer_overlap(&mut self, request: &Request) -> Response {
        let _ = request;
        Response::new(409)
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
        let _ = (founding, BTreeMap::<u8, u8>::new());
    }

    fn put_planted(&mut self, object: Planted) -> Result<(), Unplantable> {
        Err(Unplantable::UnknownSet { set: object.set })
    }
}
