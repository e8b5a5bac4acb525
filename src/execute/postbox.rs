//! Where walkers leave their requests, so that those of many steps go to Graph together.
//!
//! A walker carries one step through writing, looking and waiting. It is written as one async function and asks the
//! postbox; nobody wakes it: the driver polls every walker after each delivery, in the order of the steps, so that
//! one run is like another.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use crate::graph::{Refusal, RefusalKind, Request, Response};

/// What Graph answered to one request.
pub(super) type Answer = Result<Response, Refusal>;

/// How many requests leave together at most: eight `$batch`es of twenty, which an implementation sends as it likes.
const WIDTH_MOST: usize = 160;
/// And at least, however busy Graph is.
const WIDTH_LEAST: usize = 20;

#[derive(Debug)]
pub(super) struct Postbox {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    next_ticket: u64,
    outgoing: BTreeMap<u64, Request>,
    answers: BTreeMap<u64, Answer>,
    alarms: BTreeMap<u64, Instant>,
    /// Nothing leaves before: one gate for everybody, since asking while throttled makes it longer.
    closed_until: Option<Instant>,
    width: usize,
    sent: u64,
}

impl Postbox {
    pub(super) fn new() -> Postbox {
        Postbox {
            inner: Mutex::new(Inner {
                next_ticket: 0,
                outgoing: BTreeMap::new(),
                answers: BTreeMap::new(),
                alarms: BTreeMap::new(),
                closed_until: None,
                width: WIDTH_MOST,
                sent: 0,
            }),
        }
    }

    /// Sends a request with the next delivery and gives its answer.
    pub(super) async fn ask(&self, request: Request) -> Answer {
        let ticket = {
            let mut inner = self.lock();
            let ticket = inner.ticket();
            inner.outgoing.insert(ticket, request);
            ticket
        };
        poll_fn(|_| match self.lock().answers.remove(&ticket) {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        })
        .await
    }

    /// Waits without keeping others from sending.
    pub(super) async fn wait(&self, wait_ms: u64) {
        let until = Instant::now() + Duration::from_millis(wait_ms);
        let ticket = {
            let mut inner = self.lock();
            let ticket = inner.ticket();
            inner.alarms.insert(ticket, until);
            ticket
        };
        poll_fn(|_| {
            if Instant::now() < until {
                return Poll::Pending;
            }
            self.lock().alarms.remove(&ticket);
            Poll::Ready(())
        })
        .await;
    }

    /// How many more walkers may start, when so many are walking.
    pub(super) fn room(&self, walking: usize) -> usize {
        self.lock().width.saturating_sub(walking)
    }

    /// What leaves now, oldest first.
    pub(super) fn take(&self) -> (Vec<u64>, Vec<Request>) {
        let mut inner = self.lock();
        if inner
            .closed_until
            .is_some_and(|until| Instant::now() < until)
        {
            return (Vec::new(), Vec::new());
        }
        let mut tickets = Vec::new();
        let mut batch = Vec::new();
        while batch.len() < inner.width
            && let Some((ticket, request)) = inner.outgoing.pop_first()
        {
            tickets.push(ticket);
            batch.push(request);
        }
        inner.sent += batch.len() as u64;
        (tickets, batch)
    }

    /// Hands out what came back.
    ///
    /// # Panics
    ///
    /// When there are not as many answers as requests: `Graph::exchange` promises that.
    pub(super) fn deliver(&self, tickets: Vec<u64>, answers: Vec<Answer>) {
        assert_eq!(tickets.len(), answers.len(), "bug: one answer a request");
        let mut inner = self.lock();
        let throttled_ms = answers.iter().filter_map(throttled_ms).max();
        match throttled_ms {
            Some(wait_ms) => {
                let until = Instant::now() + Duration::from_millis(wait_ms);
                inner.closed_until = inner.closed_until.max(Some(until));
                inner.width = (inner.width / 2).max(WIDTH_LEAST);
            }
            None => inner.width = (inner.width + WIDTH_LEAST).min(WIDTH_MOST),
        }
        inner.answers.extend(tickets.into_iter().zip(answers));
    }

    /// When something can happen again; `None` when nobody waits for a moment.
    pub(super) fn next_moment(&self) -> Option<Instant> {
        let inner = self.lock();
        let gate = inner.closed_until.filter(|_| !inner.outgoing.is_empty());
        inner.alarms.values().copied().chain(gate).min()
    }

    pub(super) fn sent(&self) -> u64 {
        self.lock().sent
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }
}

fn throttled_ms(answer: &Answer) -> Option<u64> {
    match answer {
        Err(refusal) if refusal.kind == RefusalKind::Throttled => {
            Some(refusal.retry_after_ms.unwrap_or_default())
        }
        Err(_) | Ok(_) => None,
    }
}
