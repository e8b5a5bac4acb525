//! Takes back what one step did.
//!
//! Every way back looks before it overwrites: what is neither as idac wrote it nor as it was before is somebody
//! else's, and is reported instead of overwritten.

use super::compare::holds;
use super::forward::{Deed, Job, Start, changed, forward};
use super::journal::{Event, Trouble};
use super::lower::{Body, Creating, names_of};
use super::postbox::Postbox;
use super::stages::stages;
use super::walker::Walker;
use crate::graph::Refusal;
use crate::graph::patience::{Patience, Used};

/// The way back of one step, with everything known put in its place.
#[derive(Debug)]
pub(super) enum Back {
    /// It goes with the object that the plan created, or it never took effect.
    Nothing,
    Impossible(Trouble),
    /// What was created is deleted; a directory object goes to the recycle bin.
    Remove(Box<Removing>),
    /// Properties go back from `now` to `then`.
    Patch {
        url: String,
        now: Body,
        then: Body,
    },
    /// A restore, a create, a link or an unlink: the same as forward.
    Redo(Deed),
    /// The same for an object that returns to the recycle bin: Graph does not let the last owner of a living group
    /// go, and then that link goes with the object.
    RedoIfAllowed(Deed),
}

/// How what was created is found, and what it must still be like.
#[derive(Debug)]
pub(super) struct Removing {
    /// `None` when the create was sent and no answer told the id.
    pub(super) url: Option<String>,
    pub(super) created: Option<Creating>,
    /// What idac wrote, for objects that are deleted for good.
    pub(super) expected: Option<Body>,
}

/// Carries the way back to `Undone` or `NotUndone`. `job.deed` is not looked at: `back` says what to do.
pub(super) async fn back(
    job: Job,
    way: Back,
    start: Start,
    post: &Postbox,
    patience: &Patience,
) -> Event {
    let walker = Walker::new(post, patience, job.ground, job.seed);
    let way_back = WayBack {
        job,
        post,
        patience,
        walker,
    };
    let result = match way {
        Back::Nothing => Ok(()),
        Back::Impossible(trouble) => Err(trouble),
        Back::Remove(removing) => way_back.remove(*removing).await,
        Back::Patch { url, now, then } => way_back.patch(&url, &now, &then, start).await,
        // It was perhaps undone before, and a look costs less than a second object.
        Back::Redo(deed @ Deed::Create(_)) => way_back.write(deed, Start::Unclear).await,
        Back::Redo(deed) => way_back.write(deed, start).await,
        Back::RedoIfAllowed(deed) => match way_back.write(deed, start).await {
            Err(trouble) if trouble.status == Some(400) => Ok(()),
            written => written,
        },
    };
    match result {
        Ok(()) => Event::Undone,
        Err(trouble) => Event::NotUndone { trouble },
    }
}

struct WayBack<'a> {
    job: Job,
    post: &'a Postbox,
    patience: &'a Patience,
    walker: Walker<'a>,
}

impl WayBack<'_> {
    async fn write(&self, deed: Deed, start: Start) -> Result<(), Trouble> {
        let job = Job {
            entity: self.job.entity,
            ground: self.job.ground,
            seed: self.job.seed,
            deed,
            way: self.job.way,
            wanted: Default::default(),
        };
        match forward(&job, start, self.post, self.patience).await {
            Event::Done { .. } | Event::Found { .. } => Ok(()),
            Event::Refused { trouble } => Err(trouble),
            Event::Intended | Event::Undoing | Event::Undone | Event::NotUndone { .. } => {
                panic!("bug: a write ends as done, found or refused")
            }
        }
    }

    async fn remove(&self, removing: Removing) -> Result<(), Trouble> {
        let Some(url) = self.url_of(&removing).await? else {
            return Ok(());
        };
        if let Some(expected) = &removing.expected {
            let mut used = Used::default();
            loop {
                match self.walker.read(&url).await.map_err(|it| unreadable(&it))? {
                    None => break,
                    Some(object) if holds(self.job.entity, expected, &object) => break,
                    Some(_) if self.walker.again(&mut used).await => {}
                    Some(_) => return Err(changed()),
                }
            }
        }
        self.write(Deed::Delete { url }, Start::Fresh).await
    }

    /// Where the created object is; `None` when it never came to be.
    async fn url_of(&self, removing: &Removing) -> Result<Option<String>, Trouble> {
        if let Some(url) = &removing.url {
            return Ok(Some(url.clone()));
        }
        let Some(creating) = &removing.created else {
            return Ok(None);
        };
        let mut used = Used::default();
        loop {
            let found = self
                .walker
                .find(&creating.lookup, "id")
                .await
                .map_err(|refusal| unreadable(&refusal))?;
            if let Some(id) = found.as_ref().and_then(|found| found["id"].as_str()) {
                return Ok(Some(format!("{}/{id}", creating.collection)));
            }
            // Whether it came to be is not known, and a replica that is behind does not know either.
            if !self.walker.again(&mut used).await {
                return Ok(None);
            }
        }
    }

    async fn patch(&self, url: &str, now: &Body, then: &Body, start: Start) -> Result<(), Trouble> {
        let stages = stages(self.job.entity, now, then);
        let first = self.next_stage(url, now, &stages, start).await?;
        for will in stages.into_iter().skip(first) {
            let deed = Deed::Update {
                url: url.to_owned(),
                was: None,
                will,
            };
            self.write(deed, Start::Fresh).await?;
        }
        Ok(())
    }

    /// Which stage is next, judged by what the object is like.
    ///
    /// When it already looks as it was before, that may be a replica that has not seen idac's write: everything is
    /// sent all the same, unless the way back was begun in an earlier run.
    async fn next_stage(
        &self,
        url: &str,
        now: &Body,
        stages: &[Body],
        start: Start,
    ) -> Result<usize, Trouble> {
        let last = stages.len() - 1;
        let read_url = format!("{url}?$select={}", names_of(&stages[last]));
        let mut used = Used::default();
        loop {
            let object = self
                .walker
                .read_there(&read_url)
                .await
                .map_err(|refusal| unreadable(&refusal))?;
            let is_at = |body: &Body| holds(self.job.entity, body, &object);
            if is_at(now) {
                return Ok(0);
            }
            match stages.iter().rposition(is_at) {
                Some(at) if at == last => {
                    return Ok(match start {
                        Start::Fresh => 0,
                        Start::Unclear => last,
                    });
                }
                Some(at) => return Ok(at + 1),
                None if self.walker.again(&mut used).await => {}
                None => return Err(changed()),
            }
        }
    }
}

/// Could not look: nothing is overwritten blindly.
fn unreadable(refusal: &Refusal) -> Trouble {
    Trouble {
        message: format!("it cannot be looked at: {}", refusal.message),
        ..Trouble::of(refusal)
    }
}
