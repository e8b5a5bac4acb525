//! One record as one commit: written so that the same record gives the same commit, read so that nothing else passes
//! for a record.

use jiff::Timestamp;

use super::command::{Ending, Repository};
use crate::ledger::record::{RecordKind, Sealed, damaged};
use crate::ledger::{LedgerError, Record};

/// The only file of a commit.
const FILE: &str = "record.json";
/// So many commits are asked for at once.
const TOGETHER: usize = 100;

/// A commit of the branch, as it was read.
pub(super) struct Commit {
    pub(super) id: String,
    pub(super) parent: Option<String>,
    /// The bytes of its record.
    pub(super) bytes: Vec<u8>,
}

/// Writes the commit of a record; nothing refers to it yet.
pub(super) fn write(
    repository: &Repository,
    sealed: &Sealed,
    parent: Option<&str>,
    branch: &str,
) -> Result<String, LedgerError> {
    let doing = "write";
    let hash = ["hash-object", "-w", "--no-filters", "--stdin"];
    let blob = repository
        .run(&hash, &sealed.to_bytes())?
        .text(doing, branch)?;
    let tree = repository
        .run(
            &["mktree", "-z"],
            format!("100644 blob {blob}\t{FILE}\0").as_bytes(),
        )?
        .text(doing, branch)?;
    let mut arguments = vec!["commit-tree", &tree];
    if let Some(parent) = parent {
        arguments.extend(["-p", parent]);
    }
    let date = date(&sealed.record.run.at);
    let environment = [
        ("GIT_AUTHOR_NAME", "idac"),
        ("GIT_AUTHOR_EMAIL", "idac@idac.invalid"),
        ("GIT_AUTHOR_DATE", date.as_str()),
        ("GIT_COMMITTER_NAME", "idac"),
        ("GIT_COMMITTER_EMAIL", "idac@idac.invalid"),
        ("GIT_COMMITTER_DATE", date.as_str()),
    ];
    repository
        .run_as(&arguments, message(&sealed.record).as_bytes(), &environment)?
        .text(doing, branch)
}

/// Reads commits; each is a whole record and nothing else, or the error says which is not. A commit that is not
/// there is `None`.
pub(super) fn read(
    repository: &Repository,
    commits: &[String],
    branch: &str,
) -> Result<Vec<Option<Commit>>, LedgerError> {
    let mut read = Vec::new();
    for commits in commits.chunks(TOGETHER) {
        let asked: String = commits
            .iter()
            .map(|commit| format!("{commit}\n{commit}^{{tree}}\n{commit}:{FILE}\n"))
            .collect();
        let answer = repository.run(&["cat-file", "--batch"], asked.as_bytes())?;
        if answer.ending != Ending::Well {
            return Err(answer.into_error("read", branch));
        }
        let mut rest = answer.out.as_slice();
        for _ in commits {
            let [commit, tree, record] = [next(&mut rest), next(&mut rest), next(&mut rest)];
            let Some(commit) = commit else {
                read.push(None);
                continue;
            };
            let place = place(&commit.id, branch);
            let parent = parent(&commit, &place)?;
            let (Some(tree), Some(record)) = (tree, record) else {
                return Err(damaged(&place, "is no record"));
            };
            if !is_only_the_record(&tree.bytes) || record.kind != "blob" {
                return Err(damaged(&place, "is no record"));
            }
            read.push(Some(Commit {
                id: commit.id,
                parent,
                bytes: record.bytes,
            }));
        }
    }
    Ok(read)
}

/// What people call a commit.
pub(super) fn place(commit: &str, branch: &str) -> String {
    format!("commit {} of {branch}", commit.get(..12).unwrap_or(commit))
}

/// `INTENT 12: 14 steps for prod, ana@laptop`, and below it what a reader of the branch asks next.
fn message(record: &Record) -> String {
    let Record {
        schema: _,
        epoch,
        previous: _,
        tenant,
        environment,
        kind,
        run,
        nonce,
    } = record;
    let told = match kind {
        RecordKind::Intent { plan } => {
            format!("{} for {environment}", number(plan.steps.len(), "step"))
        }
        RecordKind::Recovering { intent, plan: _ } => {
            format!("finishing what record {intent} began in {environment}")
        }
        RecordKind::Receipt { plan: _, objects } => {
            format!(
                "{environment} is as declared, {}",
                number(objects.len(), "object")
            )
        }
        RecordKind::Aborted { plan: _, why: _ } => format!("{environment} is as it was before"),
        RecordKind::Dirty { intent, .. } => {
            format!("{environment} is closed, record {intent} could not be undone")
        }
    };
    let name = kind.name().to_uppercase();
    format!(
        "{name} {epoch}: {told}\n\nWho: {}\nWhen: {}\nTenant: {}\nPlan: {}\nNonce: {}\n",
        one_line(&run.who),
        one_line(&run.at),
        one_line(tenant.as_str()),
        kind.plan(),
        one_line(nonce)
    )
}

fn number(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

/// In git's own form. Text that is no time gives the beginning of time, not a clock of the day.
fn date(at: &str) -> String {
    let seconds = at
        .parse()
        .map_or(0, |time: Timestamp| time.as_second().max(0));
    format!("@{seconds} +0000")
}

struct Object {
    id: String,
    kind: String,
    bytes: Vec<u8>,
}

/// Takes one answer of `cat-file --batch`: `<id> <kind> <size>`, a line feed, the bytes, a line feed. Any other
/// first line says that there is no such object.
fn next(rest: &mut &[u8]) -> Option<Object> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (head, after) = rest.split_at(end);
    *rest = &after[1..];
    let head = String::from_utf8_lossy(head).into_owned();
    let mut words = head.split(' ');
    let (id, kind, size) = (words.next()?, words.next()?, words.next()?);
    let size: usize = size.parse().ok()?;
    let bytes = rest.get(..size)?.to_vec();
    *rest = rest.get(size + 1..).unwrap_or_default();
    Some(Object {
        id: id.to_owned(),
        kind: kind.to_owned(),
        bytes,
    })
}

fn parent(commit: &Object, place: &str) -> Result<Option<String>, LedgerError> {
    if commit.kind != "commit" {
        return Err(damaged(place, "is no commit"));
    }
    let text = String::from_utf8_lossy(&commit.bytes);
    let mut parents = text
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("parent "));
    let parent = parents.next().map(str::to_owned);
    match parents.next() {
        Some(_) => Err(damaged(place, "is a merge, which no record is")),
        None => Ok(parent),
    }
}

/// A tree is `<mode> <name>`, a zero and the bytes of an id, for each of its entries.
fn is_only_the_record(tree: &[u8]) -> bool {
    let entry = format!("100644 {FILE}\0");
    let id = tree.strip_prefix(entry.as_bytes()).map(<[u8]>::len);
    matches!(id, Some(20 | 32))
}
