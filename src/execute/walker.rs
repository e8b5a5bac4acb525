//! One step's conversation with Graph: writing, reading and waiting, within the bounds of patience.

use serde_json::Value as Json;

use super::lower::{Lookup, Tie};
use super::postbox::Postbox;
use crate::graph::patience::{Ground, Intent, Patience, Spent, Used, Verdict};
use crate::graph::{Refusal, Request, Response};

/// Carries one step.
pub(super) struct Walker<'a> {
    post: &'a Postbox,
    patience: &'a Patience,
    pub(super) ground: Ground,
    seed: u64,
    spent: Spent,
}

/// How a write ended.
#[derive(Debug)]
pub(super) enum Wrote {
    Answered(Response),
    /// It may have landed: look before it is sent again.
    Unclear,
    /// Graph says that it is so already.
    AlreadySo(Refusal),
    Refused(Refusal),
}

impl<'a> Walker<'a> {
    pub(super) fn new(
        post: &'a Postbox,
        patience: &'a Patience,
        ground: Ground,
        seed: u64,
    ) -> Walker<'a> {
        Walker {
            post,
            patience,
            ground,
            seed,
            spent: Spent::default(),
        }
    }

    /// Sends a write, again as long as it surely did nothing and patience lasts.
    pub(super) async fn write(&mut self, request: &Request, intent: Intent) -> Wrote {
        loop {
            let refusal = match self.post.ask(request.clone()).await {
                Ok(response) => return Wrote::Answered(response),
                Err(refusal) => refusal,
            };
            let mut spent = self.spent;
            let verdict = self
                .patience
                .judge(&refusal, intent, self.ground, &mut spent, self.seed);
            tracing::debug!(url = request.url, %refusal, ?verdict, "a write was refused");
            match verdict {
                Verdict::Retry { after_ms } => self.post.wait(after_ms).await,
                Verdict::LookFirst { after_ms } => {
                    self.spent = spent;
                    self.post.wait(after_ms).await;
                    return Wrote::Unclear;
                }
                Verdict::AlreadySo => return Wrote::AlreadySo(refusal),
                Verdict::GiveUp => return Wrote::Refused(told(refusal, self.spent)),
            }
            self.spent = spent;
        }
    }

    /// Reads an object; `None` when Graph says that it is not found.
    pub(super) async fn read(&self, url: &str) -> Result<Option<Json>, Refusal> {
        match self.read_with(url, Ground::Settled).await {
            Ok(body) => Ok(Some(body)),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Reads what must be there: "not found" is the news of a replica that is behind.
    pub(super) async fn read_there(&self, url: &str) -> Result<Json, Refusal> {
        self.read_with(url, Ground::Fresh).await
    }

    /// Whether the object is not found, as many times in a row as it takes to believe it.
    pub(super) async fn is_gone(&self, url: &str) -> Result<bool, Refusal> {
        let mut used = Used::default();
        for absence in 1..=self.patience.absences {
            if self.read(url).await?.is_some() {
                return Ok(false);
            }
            if absence < self.patience.absences {
                self.again(&mut used).await;
            }
        }
        Ok(true)
    }

    /// The object that a lookup finds.
    pub(super) async fn find(
        &self,
        lookup: &Lookup,
        select: &str,
    ) -> Result<Option<Json>, Refusal> {
        match lookup {
            Lookup::Key { url } => self.read(&format!("{url}?$select={select}")).await,
            Lookup::Listed { url, key } => {
                let is_it = |item: &Json| {
                    key.iter()
                        .all(|(name, value)| super::compare::same(None, value, &item[name]))
                };
                self.find_in_list(url, is_it).await
            }
        }
    }

    /// Whether the link is there.
    pub(super) async fn is_linked(&self, tie: &Tie) -> Result<bool, Refusal> {
        let url = format!("{}?$select=id&$top=999", tie.relation);
        let is_it = |item: &Json| {
            item["id"]
                .as_str()
                .is_some_and(|id| id.eq_ignore_ascii_case(&tie.to))
        };
        Ok(self.find_in_list(&url, is_it).await?.is_some())
    }

    /// Waits for replicas once more; `false` when this was waited for long enough.
    pub(super) async fn again(&self, used: &mut Used) -> bool {
        match self.patience.lag.spend(used, self.seed) {
            Some(wait_ms) => {
                self.post.wait(wait_ms).await;
                true
            }
            None => false,
        }
    }

    /// The same, but only as often as it takes to believe an absence.
    pub(super) async fn once_more(&self, used: &mut Used) -> bool {
        used.attempts + 1 < self.patience.absences && self.again(used).await
    }

    async fn find_in_list(
        &self,
        url: &str,
        is_it: impl Fn(&Json) -> bool,
    ) -> Result<Option<Json>, Refusal> {
        let mut next = Some(url.to_owned());
        while let Some(url) = next {
            let page = self.read_with(&url, self.ground).await?;
            let items = super::compare::list(&page["value"]);
            if let Some(item) = items.iter().find(|item| is_it(item)) {
                return Ok(Some(item.clone()));
            }
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        Ok(None)
    }

    async fn read_with(&self, url: &str, ground: Ground) -> Result<Json, Refusal> {
        let mut spent = Spent::default();
        loop {
            let refusal = match self.post.ask(Request::get(url)).await {
                Ok(response) => return Ok(response.body.unwrap_or(Json::Null)),
                Err(refusal) => refusal,
            };
            let before = spent;
            match self
                .patience
                .judge(&refusal, Intent::Read, ground, &mut spent, self.seed)
            {
                Verdict::Retry { after_ms } | Verdict::LookFirst { after_ms } => {
                    self.post.wait(after_ms).await;
                }
                Verdict::AlreadySo | Verdict::GiveUp => return Err(told(refusal, before)),
            }
        }
    }
}

/// The refusal that stands, with what was tried before it was believed.
fn told(mut refusal: Refusal, spent: Spent) -> Refusal {
    let all = [spent.busy, spent.lost, spent.lag];
    let times: u32 = all.iter().map(|used| used.attempts).sum();
    let waited_ms: u64 = all.iter().map(|used| used.waited_ms).sum();
    if times > 0 {
        refusal.message.push_str(&format!(
            " (asked {} times over {} s)",
            times + 1,
            waited_ms.div_ceil(1000)
        ));
    }
    refusal
}
