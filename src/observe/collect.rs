//! The collector: sends what the builder asks, and follows pages.

use super::ask::{Answer, Ask, Purpose};
use super::build::Builder;
use super::{ObserveError, Scope, Snapshot};
use crate::graph::read::{Page, object, read};
use crate::graph::{Graph, Refusal, Response};

/// Asks until the builder has no more questions. All questions that are open go out together.
pub(super) async fn collect<G: Graph>(
    graph: &G,
    scope: &Scope<'_>,
) -> Result<Snapshot, ObserveError> {
    let mut builder = Builder::new(scope);
    let mut pending: Vec<Ask> = Vec::new();
    loop {
        pending.extend(builder.next());
        if pending.is_empty() {
            return builder.finish();
        }
        let reads: Vec<_> = pending.iter().map(Ask::read).collect();
        let answers = read(graph, &reads).await;
        let mut following = Vec::new();
        for (ask, answer) in pending.into_iter().zip(answers) {
            match ask.purpose.answer() {
                Answer::Object => take_object(&mut builder, &ask, answer)?,
                Answer::Page => following.extend(take_page(&mut builder, ask, answer)?),
            }
        }
        pending = following;
    }
}

fn take_object(
    builder: &mut Builder<'_>,
    ask: &Ask,
    answer: Result<Response, Refusal>,
) -> Result<(), ObserveError> {
    let malformed = |why| malformed(ask, why);
    match answer {
        Ok(response) => {
            let entry = object(response).map_err(malformed)?;
            builder.take(&ask.purpose, &entry).map_err(malformed)?;
        }
        Err(refusal) if refusal.is_not_found() => {}
        Err(refusal) => return Err(refused(ask, refusal)),
    }
    builder.done(&ask.purpose);
    Ok(())
}

/// Takes the entries of a page, and gives the question for the next one.
fn take_page(
    builder: &mut Builder<'_>,
    mut ask: Ask,
    answer: Result<Response, Refusal>,
) -> Result<Option<Ask>, ObserveError> {
    let response = answer.map_err(|refusal| refused(&ask, refusal))?;
    let page = Page::parse(response).map_err(|why| malformed(&ask, why))?;
    if let Purpose::Total(entity) = ask.purpose {
        builder.take_total(entity, page.count);
        return Ok(None);
    }
    for entry in &page.entries {
        builder
            .take(&ask.purpose, entry)
            .map_err(|why| malformed(&ask, why))?;
    }
    let next = ask.trail.next(&ask.request, &page);
    match next.map_err(|why| malformed(&ask, why))? {
        Some(request) => {
            ask.request = request;
            Ok(Some(ask))
        }
        None => {
            builder.done(&ask.purpose);
            Ok(None)
        }
    }
}

fn refused(ask: &Ask, refusal: Refusal) -> ObserveError {
    ObserveError::Refused {
        what: ask.what.clone(),
        refusal,
    }
}

fn malformed(ask: &Ask, why: String) -> ObserveError {
    ObserveError::Malformed {
        what: ask.what.clone(),
        why,
    }
}
