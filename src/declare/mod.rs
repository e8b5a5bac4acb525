//! Takes `Source`s, gives the `Declaration` and every `Finding` about it; never looks at the tenant, never stops at
//! the first problem.

mod check;
mod declaration;
mod documents;
mod schema;
mod settings;
mod text;
mod tree;

pub(crate) use check::{has_variable, scalar as check_scalar, shortened};
pub use declaration::{Declaration, Environment, Reading, Source, Tenant};
pub use schema::schemas;
pub(crate) use text::BYTES_MAX;

use std::collections::BTreeMap;

use crate::address::Name;
use crate::finding::{self, Finding, Origin};
use documents::{Declared, Documents};
use tree::{Document, Health, Keys};

/// The blast radius of a project that states none: deletes, percent.
pub(crate) const BLAST_RADIUS: (u64, u64) = (10, 25);

/// The most findings about one file that are shown; more would hide the first.
const FINDINGS_MAX: usize = 100;

/// Reads a whole identity root.
pub fn declare(sources: &[Source]) -> (Declaration, Vec<Finding>) {
    let mut sources: Vec<&Source> = sources.iter().collect();
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    let mut root = Root::default();
    for (source, read) in sources.iter().zip(read_all(&sources)) {
        root.take(source, read);
    }
    root.finish(&sources)
}

/// Files read at least before another thread is worth it.
const SHARE_MIN: usize = 64;

/// Every file by itself, on as many threads as there are processors; in the order of the sources.
fn read_all(sources: &[&Source]) -> Vec<Read> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = sources.len().div_ceil(threads).max(SHARE_MIN);
    let read_share = |share: &[&Source]| {
        let mut keys = Keys::default();
        let read = |source: &&Source| Read::of(source, &mut keys);
        share.iter().map(read).collect::<Vec<Read>>()
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = sources
            .chunks(share)
            .skip(1)
            .map(|share| scope.spawn(move || read_share(share)))
            .collect();
        let mut read = sources
            .chunks(share)
            .next()
            .map(read_share)
            .unwrap_or_default();
        for other in others {
            read.extend(
                other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        read
    })
}

/// One file, read by itself.
struct Read {
    content: FileContent,
    findings: Vec<Finding>,
    reading: Reading,
}

enum FileContent {
    Nothing,
    Settings(Vec<Document>),
    Objects(Vec<Declared>),
}

impl Read {
    fn of(source: &Source, keys: &mut Keys) -> Read {
        let mut findings = Vec::new();
        let place = Place::of(&source.path);
        let documents = match place {
            Place::Other => Vec::new(),
            Place::Unsupported(why, remedy) => {
                let start = Origin::start_of(&source.shown);
                findings.push(Finding::error("IDAC126", &start, why.to_owned(), remedy));
                Vec::new()
            }
            Place::Project | Place::Environment(_) | Place::Objects => {
                match text::read(source, &mut findings) {
                    Some(text) => tree::read(text, &source.shown, keys, &mut findings),
                    None => Vec::new(),
                }
            }
        };
        let reading = match place {
            Place::Other | Place::Unsupported(..) => Reading::Whole,
            Place::Project | Place::Environment(_) | Place::Objects => {
                if finding::has_errors(&findings) {
                    Reading::Partial
                } else {
                    Reading::Whole
                }
            }
        };
        let content = match place {
            Place::Other | Place::Unsupported(..) => FileContent::Nothing,
            Place::Project | Place::Environment(_) => FileContent::Settings(documents),
            Place::Objects => {
                let declared = documents
                    .into_iter()
                    .map(|document| documents::declared(document, &mut findings))
                    .collect();
                FileContent::Objects(declared)
            }
        };
        Read {
            content,
            findings,
            reading,
        }
    }
}

/// Leaves out findings that nobody would read, and says so.
fn truncate(findings: &mut Vec<Finding>, source: &Source) {
    if findings.len() <= FINDINGS_MAX {
        return;
    }
    finding::sort(findings);
    let more = findings.len().saturating_sub(FINDINGS_MAX);
    findings.truncate(FINDINGS_MAX);
    if let Some(last) = findings.last() {
        let origin = last.origin.clone();
        findings.push(Finding::error(
            "IDAC103",
            &origin,
            format!("{more} more findings in {} are not shown", source.shown),
            "correct these first",
        ));
    }
}

/// What was read so far.
#[derive(Default)]
struct Root {
    project: Option<settings::Project>,
    has_project_file: bool,
    has_environment_file: bool,
    environments: BTreeMap<Name, Environment>,
    documents: Documents,
    is_partial: bool,
    findings: Vec<Finding>,
}

impl Root {
    fn take(&mut self, source: &Source, read: Read) {
        let Read {
            content,
            mut findings,
            reading,
        } = read;
        self.is_partial |= reading == Reading::Partial;
        match (content, Place::of(&source.path)) {
            (FileContent::Nothing, _) => {}
            (FileContent::Objects(declared), _) => {
                for declared in declared {
                    self.documents.take(declared, &mut findings);
                }
            }
            (FileContent::Settings(documents), Place::Environment(name)) => {
                self.has_environment_file = true;
                let read = settings::environment(source, name, &documents, &mut findings);
                self.environments
                    .extend(read.map(|environment| (environment.name.clone(), environment)));
            }
            (FileContent::Settings(documents), _) => {
                self.has_project_file = true;
                self.project = settings::project(source, &documents, &mut findings);
            }
        }
        truncate(&mut findings, source);
        self.findings.append(&mut findings);
    }

    fn finish(mut self, sources: &[&Source]) -> (Declaration, Vec<Finding>) {
        let names: Vec<&str> = self.environments.keys().map(Name::as_str).collect();
        let is_whole = self.documents.health == Health::Whole && !self.is_partial;
        if is_whole {
            self.documents.check_only_in(&names, &mut self.findings);
        }
        self.absences(sources, is_whole);
        let project = self.project.unwrap_or_else(|| settings::Project {
            name: Name::new(""),
            blast_radius: None,
            protected: Vec::new(),
        });
        finding::sort(&mut self.findings);
        let declaration = Declaration {
            project: project.name,
            blast_radius: project.blast_radius,
            protected: project.protected,
            environments: self.environments,
            objects: self.documents.objects.into_values().collect(),
            reading: if is_whole {
                Reading::Whole
            } else {
                Reading::Partial
            },
        };
        (declaration, self.findings)
    }

    /// What is not there at all.
    fn absences(&mut self, sources: &[&Source], is_whole: bool) {
        let project_file = sources
            .iter()
            .find(|source| &*source.path == "idac.yaml")
            .map_or("idac.yaml", |source| &*source.shown);
        let start = Origin::start_of(project_file);
        if !self.has_project_file {
            self.findings.push(Finding::error(
                "IDAC124",
                &start,
                "the identity root has no idac.yaml".to_owned(),
                "write one with `project: <name>`, or name another root with --root",
            ));
        }
        if !self.has_environment_file {
            self.findings.push(Finding::error(
                "IDAC125",
                &start,
                "the identity root has no environment".to_owned(),
                "write environments/sandbox.yaml with `tenant: emulator`",
            ));
        }
        if self.documents.objects.is_empty() && is_whole && self.documents.refused == 0 {
            self.findings.push(Finding::error(
                "IDAC123",
                &start,
                "the identity root declares no object, and that is never read as \"delete everything\"".to_owned(),
                "declare an object; to delete objects, remove them one by one while others stay",
            ));
        }
    }
}

/// What a file of the root is for.
#[derive(Clone, Copy)]
enum Place<'a> {
    Project,
    Environment(&'a str),
    Objects,
    /// It means something that this version does not do.
    Unsupported(&'static str, &'static str),
    /// Not idac's.
    Other,
}

impl Place<'_> {
    fn of(path: &str) -> Place<'_> {
        let folder = path.split_once('/').map_or("", |(folder, _)| folder);
        let is_yaml = path.ends_with(".yaml");
        match folder {
            _ if path.ends_with(".yml") => Place::Unsupported(
                "the file's name ends in .yml, and only .yaml is read",
                "rename the file to .yaml, or move it out of the identity root",
            ),
            "guardrails" if path.ends_with(".rego") => Place::Unsupported(
                "a guardrail of your own is not supported by this version of idac, so it would guard nothing",
                "remove the file, so that nobody relies on it",
            ),
            "waivers" if is_yaml => Place::Unsupported(
                "a waiver is not supported by this version of idac",
                "remove the file; there is nothing yet that it could waive",
            ),
            "environments" if is_yaml => {
                match &path["environments/".len()..path.len() - ".yaml".len()] {
                    name if name.contains('/') => Place::Unsupported(
                        "an environment stands in a folder below environments/",
                        "move the file into environments/ itself",
                    ),
                    name => Place::Environment(name),
                }
            }
            _ if path == "idac.yaml" => Place::Project,
            _ if is_yaml => Place::Objects,
            _ => Place::Other,
        }
    }
}
