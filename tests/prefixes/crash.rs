//! The end of a process, at any moment: what it sent and nobody answered, what it wrote down and what not.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use idac::emulator::Emulator;
use idac::execute::{Entry, Event, Journal, JournalError};
use idac::graph::{Graph, Method, Refusal, RefusalKind, Request, Response};
use idac::ledger::LedgerError;
use tokio::sync::Notify;

/// When the process ends, counted within one run from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// When the entry is to be written.
    BeforeEntry(usize),
    /// When the entry was made durable.
    AfterEntry(usize),
    /// When the request is on its way.
    Request(usize, Landed),
    /// When the record of the ledger is to be written.
    BeforeRecord(usize),
    AfterRecord(usize),
}

impl Point {
    /// Whether so many entries or so many requests are over then.
    pub(super) fn is_after(self, entries: usize, requests: usize) -> bool {
        match self {
            Point::BeforeEntry(at) | Point::AfterEntry(at) => at >= entries,
            Point::Request(at, _) => at >= requests,
            Point::BeforeRecord(_) | Point::AfterRecord(_) => true,
        }
    }
}

/// What of the requests that left together reached the tenant; no answer came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Landed {
    /// All before this one.
    Before,
    /// This one and all before.
    UpTo,
    /// This one alone.
    Alone,
}

/// How much there was to break off in a run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) entries: usize,
    pub(super) requests: usize,
    pub(super) records: usize,
}

impl Counts {
    /// Every moment at which such a run can end early.
    pub(super) fn points(&self) -> Vec<Point> {
        let entries =
            (0..self.entries).flat_map(|at| [Point::BeforeEntry(at), Point::AfterEntry(at)]);
        let requests = (0..self.requests).flat_map(|at| {
            [Landed::Before, Landed::UpTo, Landed::Alone].map(|landed| Point::Request(at, landed))
        });
        let records =
            (0..self.records).flat_map(|at| [Point::BeforeRecord(at), Point::AfterRecord(at)]);
        entries.chain(requests).chain(records).collect()
    }
}

/// Ends a run at its point, and counts.
pub(super) struct Switch {
    point: Option<Point>,
    entries: AtomicUsize,
    requests: AtomicUsize,
    records: AtomicUsize,
    is_dead: AtomicBool,
    pub(super) death: Notify,
}

impl Switch {
    pub(super) fn new(point: Option<Point>) -> Switch {
        Switch {
            point,
            entries: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            records: AtomicUsize::new(0),
            is_dead: AtomicBool::new(false),
            death: Notify::new(),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            entries: self.entries.load(Ordering::Relaxed),
            requests: self.requests.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
        }
    }

    pub(super) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    fn die(&self) {
        self.is_dead.store(true, Ordering::Relaxed);
        self.death.notify_one();
    }

    /// Writes a record of the ledger, unless the process ends before.
    pub(super) fn record(&self, write: impl FnOnce()) -> Result<(), LedgerError> {
        let at = self.records.fetch_add(1, Ordering::Relaxed);
        let over = || LedgerError::Io {
            doing: "write",
            place: "the ledger".to_owned(),
            why: "the process ended".to_owned(),
        };
        if self.is_dead() {
            return Err(over());
        }
        if self.point != Some(Point::BeforeRecord(at)) {
            write();
        }
        match self.point {
            Some(Point::BeforeRecord(end) | Point::AfterRecord(end)) if end == at => {
                self.die();
                Err(over())
            }
            Some(
                Point::BeforeRecord(_)
                | Point::AfterRecord(_)
                | Point::BeforeEntry(_)
                | Point::AfterEntry(_)
                | Point::Request(..),
            )
            | None => Ok(()),
        }
    }
}

/// A journal on a disk that survives.
pub(super) struct Diary<'a> {
    pub(super) kept: &'a Mutex<Vec<Entry>>,
    pub(super) switch: &'a Switch,
    pub(super) refusing: &'a Refusing,
}

impl Journal for Diary<'_> {
    fn entries(&self) -> Vec<Entry> {
        self.kept.lock().expect("nobody panics").clone()
    }

    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        let over = || JournalError {
            why: "the process ended".to_owned(),
        };
        if self.switch.is_dead() {
            return Err(over());
        }
        let at = self.switch.entries.fetch_add(1, Ordering::Relaxed);
        if self.switch.point == Some(Point::BeforeEntry(at)) {
            self.switch.die();
            return Err(over());
        }
        self.refusing.hear(&entry);
        self.kept.lock().expect("nobody panics").push(entry);
        if self.switch.point == Some(Point::AfterEntry(at)) {
            self.switch.die();
            return Err(over());
        }
        Ok(())
    }
}

/// The connection to the tenant, of a process that may end.
pub(super) struct Line<'a> {
    pub(super) tenant: &'a Emulator,
    pub(super) switch: &'a Switch,
    pub(super) refusing: &'a Refusing,
}

impl Graph for Line<'_> {
    async fn exchange(&self, batch: &[Request]) -> Vec<Result<Response, Refusal>> {
        let first = self
            .switch
            .requests
            .fetch_add(batch.len(), Ordering::Relaxed);
        let ends = match self.switch.point {
            Some(Point::Request(at, landed)) if (first..first + batch.len()).contains(&at) => {
                Some((at - first, landed))
            }
            Some(
                Point::Request(..)
                | Point::BeforeEntry(_)
                | Point::AfterEntry(_)
                | Point::BeforeRecord(_)
                | Point::AfterRecord(_),
            )
            | None => None,
        };
        let Some((at, landed)) = ends else {
            return self.refusing.exchange(self.tenant, batch).await;
        };
        let arrived = match landed {
            Landed::Before => &batch[..at],
            Landed::UpTo => &batch[..=at],
            Landed::Alone => &batch[at..=at],
        };
        self.refusing.exchange(self.tenant, arrived).await;
        self.switch.die();
        std::future::pending().await
    }
}

/// What the tenant refuses, whoever asks and however often, until the run gives up on it.
#[derive(Default)]
pub(super) struct Refusing {
    /// Refused until the step is.
    pub(super) step: Option<(Write, Answer)>,
    /// Refused on the way back.
    pub(super) back: Option<Write>,
    stage: Mutex<Stage>,
    /// Every write that was sent, and on which way.
    sent: Mutex<Vec<(Stage, Write)>>,
}

/// A write, as it goes over the wire.
pub(super) type Write = Request;

/// What a refusal says.
pub(super) type Answer = (u16, &'static str, &'static str);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Forward,
    Back,
    Lifted,
}

impl Refusing {
    /// Refuses a step, and a write of the way back.
    pub(super) fn of(step: Option<(Write, Answer)>, back: Option<Write>) -> Refusing {
        Refusing {
            step,
            back,
            ..Refusing::default()
        }
    }

    /// The writes of the way forward.
    pub(super) fn forward(&self) -> Vec<Write> {
        self.sent_in(Stage::Forward)
    }

    /// The writes of the way back.
    pub(super) fn backward(&self) -> Vec<Write> {
        self.sent_in(Stage::Back)
    }

    fn sent_in(&self, stage: Stage) -> Vec<Write> {
        let sent = self.sent.lock().expect("nobody panics");
        let of_stage = sent.iter().filter(|(of, _)| *of == stage);
        of_stage.map(|(_, write)| write.clone()).collect()
    }

    /// Whether steps are taken back.
    pub(super) fn is_back(&self) -> bool {
        *self.stage.lock().expect("nobody panics") == Stage::Back
    }

    /// Nobody remembers that the step was refused: it is tried and refused again.
    pub(super) fn forget(&self) {
        *self.stage.lock().expect("nobody panics") = Stage::Forward;
    }

    /// From now on nothing is refused.
    pub(super) fn lift(&self) {
        *self.stage.lock().expect("nobody panics") = Stage::Lifted;
    }

    fn hear(&self, entry: &Entry) {
        let mut stage = self.stage.lock().expect("nobody panics");
        if *stage == Stage::Forward && matches!(entry.event, Event::Refused { .. } | Event::Undoing)
        {
            *stage = Stage::Back;
        }
    }

    async fn exchange(
        &self,
        tenant: &Emulator,
        batch: &[Request],
    ) -> Vec<Result<Response, Refusal>> {
        let stage = *self.stage.lock().expect("nobody panics");
        let writes = batch.iter().filter(|it| it.method != Method::Get);
        let sent = writes.map(|write| (stage, write.clone()));
        self.sent.lock().expect("nobody panics").extend(sent);
        if self.step.is_none() && self.back.is_none() {
            return tenant.exchange(batch).await;
        }
        let refusal = |request: &Request| match (stage, &self.step, &self.back) {
            (Stage::Forward, Some((write, answer)), _) if write == request => Some(*answer),
            (Stage::Back, _, Some(write)) if write == request => Some(DENIED),
            (Stage::Forward | Stage::Back | Stage::Lifted, _, _) => None,
        };
        let passed: Vec<Request> = batch
            .iter()
            .filter(|it| refusal(it).is_none())
            .cloned()
            .collect();
        let mut answers = tenant.exchange(&passed).await.into_iter();
        batch
            .iter()
            .map(|request| match refusal(request) {
                Some(answer) => Err(refused(answer)),
                None => answers.next().expect("one answer a request"),
            })
            .collect()
    }
}

pub(super) const DENIED: Answer = (
    403,
    "Authorization_RequestDenied",
    "Insufficient privileges to complete the operation.",
);

fn refused((status, code, message): Answer) -> Refusal {
    Refusal {
        kind: RefusalKind::Refused,
        status: Some(status),
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
        retry_after_ms: None,
    }
}
