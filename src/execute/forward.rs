//! Carries one step to its effect, whatever Graph answers in between.
//!
//! A write that may have landed is never sent again before a look, and what a look cannot tell is never guessed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::compare::holds;
use super::journal::{Event, Trouble};
use super::known;
use super::lower::{self, Body, Creating, Tie};
use super::postbox::Postbox;
use super::walker::{Walker, Wrote};
use crate::address::ObjectId;
use crate::graph::patience::{Ground, Intent, Patience, Used};
use crate::graph::{Refusal, Request, Response};
use crate::kind::entity::{Entity, Removal};

/// A step with everything known put in its place.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) entity: &'static Entity,
    pub(super) ground: Ground,
    pub(super) seed: u64,
    pub(super) deed: Deed,
    pub(super) way: Way,
    /// What others refer to of the object, when the step makes one.
    pub(super) wanted: BTreeSet<String>,
}

/// Whether the job does what the plan says, or undoes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forward,
    Back,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Deed {
    Create(Creating),
    Revive {
        id: ObjectId,
        url: String,
    },
    Update {
        url: String,
        /// `None` where nobody else can have changed the object.
        was: Option<Body>,
        will: Body,
    },
    Delete {
        url: String,
    },
    Link(Tie),
    Unlink(Tie),
}

/// Whether the step may have been sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Fresh,
    /// It was intended, and no answer is known.
    Unclear,
}

/// What a look showed.
enum Seen {
    /// It is as the step would have it; the object, for a step that makes one.
    So(Option<Json>),
    NotSo,
    /// Neither as it was nor as it should be.
    Otherwise,
}

/// Carries the step to `Done`, `Found` or `Refused`.
pub(super) async fn forward(job: &Job, start: Start, post: &Postbox, patience: &Patience) -> Event {
    let mut walker = Walker::new(post, patience, job.ground, job.seed);
    let (request, intent) = job.deed.request();
    let mut start = start;
    let mut late = Used::default();
    loop {
        if start == Start::Unclear && !job.hides_behind_lag() {
            match look(job, &walker).await {
                Ok(Seen::So(object)) => return took(job, &walker, object, start).await,
                Ok(Seen::NotSo) => {}
                // It may have been written before somebody else changed it.
                Ok(Seen::Otherwise) => return refused(Trouble::unclear_since_changed()),
                Err(refusal) => return refused(Trouble::unclear(&refusal)),
            }
        }
        match walker.write(&request, intent).await {
            Wrote::Answered(response) => return answered(job, &walker, response, start).await,
            Wrote::Unclear => start = Start::Unclear,
            Wrote::AlreadySo(_)
                if is_only_news(job, &walker).await && walker.again(&mut late).await => {}
            Wrote::AlreadySo(refusal) => return confirm(job, &walker, refusal, start).await,
            Wrote::Refused(refusal) if refusal.is_ambiguous() || refusal.status == Some(408) => {
                return match look(job, &walker).await {
                    Ok(Seen::So(object)) => took(job, &walker, object, Start::Unclear).await,
                    Ok(Seen::NotSo | Seen::Otherwise) | Err(_) => {
                        refused(Trouble::unclear(&refusal))
                    }
                };
            }
            // Before this one another was sent, and nobody answered: that one may have landed, whatever a replica shows.
            Wrote::Refused(refusal) if start == Start::Unclear => {
                return refused(Trouble::unclear(&refusal));
            }
            Wrote::Refused(refusal) => return refused(Trouble::of(&refusal)),
        }
    }
}

/// Whether "not found" tells of the replica that answers and not of the tenant.
///
/// What was created or deleted a moment ago is not found, and still found, by a replica that is behind; as many looks
/// as one likes may meet that one. Only the recycle bin proves that something was deleted, and nothing that it was
/// restored, so the write itself is sent until it is taken or patience ends: doing any of these twice does no more.
async fn is_only_news(job: &Job, walker: &Walker<'_>) -> bool {
    if !job.hides_behind_lag() {
        return false;
    }
    match (&job.deed, job.entity.removal) {
        (Deed::Delete { url }, Removal::Soft) => {
            let id = url.rsplit('/').next().unwrap_or_default();
            let bin = walker.read(&lower::deleted_item(id)).await;
            !matches!(bin, Ok(Some(_)))
        }
        (Deed::Delete { .. }, Removal::Hard | Removal::Never)
        | (Deed::Revive { .. } | Deed::Unlink(_), _) => true,
        // What is there already is not made twice.
        (Deed::Create(_) | Deed::Update { .. } | Deed::Link(_), _) => false,
    }
}

/// Somebody else changed what the step would change.
pub(super) fn changed() -> Trouble {
    Trouble::own(
        "changed-by-somebody-else",
        "it is neither as it was nor as idac wrote it: somebody else changed it",
    )
}

impl Job {
    /// Whether the write takes back what this run did a moment ago, of which replicas may show either. Sent twice it
    /// does no more than once: Graph refuses a second object with the same key.
    fn hides_behind_lag(&self) -> bool {
        match self.way {
            Way::Back => true,
            Way::Forward => false,
        }
    }
}

impl Deed {
    fn request(&self) -> (Request, Intent) {
        match self {
            Deed::Create(creating) => (creating.request.clone(), Intent::Create),
            Deed::Revive { id, .. } => (lower::restore(id.as_str()), Intent::Restore),
            Deed::Update { url, will, .. } => (lower::patch(url, will), Intent::Update),
            Deed::Delete { url } => (lower::delete(url), Intent::Delete),
            Deed::Link(tie) => (tie.link(), Intent::Link),
            Deed::Unlink(tie) => (tie.unlink(), Intent::Unlink),
        }
    }
}

fn refused(trouble: Trouble) -> Event {
    Event::Refused { trouble }
}

async fn look(job: &Job, walker: &Walker<'_>) -> Result<Seen, Refusal> {
    match &job.deed {
        Deed::Create(creating) => look_for_created(job, creating, walker).await,
        Deed::Revive { id, url } => look_for_revived(id, url, walker).await,
        Deed::Update { url, was, will } => {
            look_at_updated(job, url, was.as_ref(), will, walker).await
        }
        Deed::Delete { url } => Ok(so_if(walker.is_gone(url).await?)),
        Deed::Link(tie) => Ok(so_if(walker.is_linked(tie).await?)),
        Deed::Unlink(tie) => Ok(so_if(!walker.is_linked(tie).await?)),
    }
}

fn so_if(so: bool) -> Seen {
    match so {
        true => Seen::So(None),
        false => Seen::NotSo,
    }
}

/// An object with the key but other properties is not what the step makes: it is somebody else's, or, made by
/// idac before, it lacks what an upsert sets once more.
async fn look_for_created(
    job: &Job,
    creating: &Creating,
    walker: &Walker<'_>,
) -> Result<Seen, Refusal> {
    let mut select: BTreeSet<String> = creating.properties.keys().cloned().collect();
    select.extend(job.wanted.iter().cloned());
    let found = walker
        .find(&creating.lookup, &known::select(&select))
        .await?;
    Ok(match found {
        None => Seen::NotSo,
        Some(object) if holds(job.entity, &creating.properties, &object) => Seen::So(Some(object)),
        Some(_) => match creating.lookup {
            lower::Lookup::Key { .. } => Seen::NotSo,
            lower::Lookup::Listed { .. } => Seen::Otherwise,
        },
    })
}

/// Replicas may still show an object that was deleted a moment ago: it is back when the recycle bin no longer has
/// it and it is readable, each time one looks.
async fn look_for_revived(id: &ObjectId, url: &str, walker: &Walker<'_>) -> Result<Seen, Refusal> {
    if !walker.is_gone(&lower::deleted_item(id.as_str())).await? {
        return Ok(Seen::NotSo);
    }
    Ok(match walker.read(&format!("{url}?$select=id")).await? {
        Some(object) => Seen::So(Some(object)),
        None => Seen::NotSo,
    })
}

async fn look_at_updated(
    job: &Job,
    url: &str,
    was: Option<&Body>,
    will: &Body,
    walker: &Walker<'_>,
) -> Result<Seen, Refusal> {
    let url = format!("{url}?$select={}", lower::names_of(will));
    let mut used = Used::default();
    loop {
        let object = match job.ground {
            Ground::Fresh => walker.read_there(&url).await?,
            Ground::Settled => match walker.read(&url).await? {
                Some(object) => object,
                None => return Ok(Seen::Otherwise),
            },
        };
        if holds(job.entity, will, &object) {
            return Ok(Seen::So(None));
        }
        if was.is_none_or(|was| holds(job.entity, was, &object)) {
            return Ok(Seen::NotSo);
        }
        // It may be a replica that has not seen an earlier step.
        if !walker.again(&mut used).await {
            return Ok(Seen::Otherwise);
        }
    }
}

/// Graph says that it is so already; it is believed when it is seen.
async fn confirm(job: &Job, walker: &Walker<'_>, refusal: Refusal, start: Start) -> Event {
    let mut used = Used::default();
    loop {
        match look(job, walker).await {
            Ok(Seen::So(object)) => return took(job, walker, object, start).await,
            Ok(Seen::NotSo | Seen::Otherwise) => {}
            Err(unreadable) => return refused(Trouble::unclear(&unreadable)),
        }
        let goes_on = match (start, job.ground) {
            (Start::Fresh, Ground::Settled) => walker.once_more(&mut used).await,
            (Start::Unclear, _) | (_, Ground::Fresh) => walker.again(&mut used).await,
        };
        if !goes_on {
            return refused(Trouble::of(&refusal));
        }
    }
}

/// A look showed it: by idac when it had been sent, by somebody else when not.
async fn took(job: &Job, walker: &Walker<'_>, object: Option<Json>, start: Start) -> Event {
    let id = object.as_ref().and_then(id_of);
    let learned = match &id {
        Some(id) => learn(job, walker, id, object.as_ref()).await,
        None => BTreeMap::new(),
    };
    match start {
        Start::Unclear => Event::Done {
            created: id,
            learned,
        },
        Start::Fresh => Event::Found { id, learned },
    }
}

async fn answered(job: &Job, walker: &Walker<'_>, response: Response, start: Start) -> Event {
    let id = match &job.deed {
        Deed::Create(creating) => match response.body.as_ref().and_then(id_of) {
            Some(id) => id,
            // 204: the upsert met an object that was there.
            None => return met(job, creating, walker, start).await,
        },
        Deed::Revive { id, .. } => id.clone(),
        Deed::Update { .. } | Deed::Delete { .. } | Deed::Link(_) | Deed::Unlink(_) => {
            return Event::Done {
                created: None,
                learned: BTreeMap::new(),
            };
        }
    };
    let learned = learn(job, walker, &id, response.body.as_ref()).await;
    Event::Done {
        created: Some(id),
        learned,
    }
}

async fn met(job: &Job, creating: &Creating, walker: &Walker<'_>, start: Start) -> Event {
    let mut used = Used::default();
    loop {
        match walker
            .find(&creating.lookup, &known::select(&job.wanted))
            .await
        {
            Ok(Some(object)) => return took(job, walker, Some(object), start).await,
            Ok(None) if walker.again(&mut used).await => {}
            Ok(None) => {
                return refused(Trouble::unclear(&Refusal::unanswered(
                    "Graph wrote the object and does not find it by its key",
                )));
            }
            Err(refusal) => return refused(Trouble::unclear(&refusal)),
        }
    }
}

/// Waits until a directory object is readable by its id, and reads what others refer to. What cannot be read is
/// left out: the object is there all the same, and whoever needs it will say so.
async fn learn(
    job: &Job,
    walker: &Walker<'_>,
    id: &ObjectId,
    answer: Option<&Json>,
) -> BTreeMap<String, String> {
    let url = match &job.deed {
        Deed::Create(creating) if job.entity.removal == Removal::Soft => {
            format!("{}/{id}", creating.collection)
        }
        Deed::Revive { url, .. } => url.clone(),
        Deed::Create(_)
        | Deed::Update { .. }
        | Deed::Delete { .. }
        | Deed::Link(_)
        | Deed::Unlink(_) => {
            return answer.map_or_else(BTreeMap::new, |object| known::read(&job.wanted, object));
        }
    };
    let url = format!("{url}?$select={}", known::select(&job.wanted));
    let mut used = Used::default();
    let mut learned = BTreeMap::new();
    while let Ok(object) = walker.read_there(&url).await {
        learned = known::read(&job.wanted, &object);
        if learned.len() == job.wanted.len() || !walker.again(&mut used).await {
            break;
        }
    }
    learned
}

fn id_of(object: &Json) -> Option<ObjectId> {
    object.get("id")?.as_str().map(ObjectId::new)
}
