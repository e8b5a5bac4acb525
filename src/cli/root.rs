//! Reads the identity root from the disk.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::problem::Problem;
use crate::declare::{self, Source};
use crate::finding::{Finding, Origin};

/// Of a file one byte more is read than a declaration may have: that is enough to know that it is none.
const BYTES_MAX: u64 = declare::BYTES_MAX as u64 + 1;
/// Folders are not followed deeper than this.
const DEPTH_MAX: usize = 64;

/// What stands in the folder.
#[derive(Debug, Default)]
pub(super) struct Root {
    /// In the order of their paths.
    pub sources: Vec<Source>,
    /// What cannot be read as a declaration because of what it is on the disk.
    pub findings: Vec<Finding>,
}

/// Why the root cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum RootError {
    #[error("there is no folder {path}", path = path.display())]
    Missing { path: PathBuf },
    #[error("{path} is a file, not a folder of declarations", path = path.display())]
    File { path: PathBuf },
    #[error("cannot read {path}", path = path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} is more than {DEPTH_MAX} folders deep", path = path.display())]
    TooDeep { path: PathBuf },
}

/// Reads every file that can be part of a declaration: hidden files and folders, and files of other types, are not.
pub(super) fn read(path: &Path) -> Result<Root, Problem> {
    let failed = |source| RootError::Io {
        path: path.to_owned(),
        source,
    };
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            let path = path.to_owned();
            return Err(RootError::File { path }.into());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let path = path.to_owned();
            return Err(RootError::Missing { path }.into());
        }
        Err(error) => return Err(failed(error).into()),
    }
    let mut root = Root::default();
    root.walk(path, "", path, 0)?;
    root.sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(root)
}

impl Root {
    fn walk(
        &mut self,
        top: &Path,
        below: &str,
        folder: &Path,
        depth: usize,
    ) -> Result<(), RootError> {
        let failed = |path: &Path, source| RootError::Io {
            path: path.to_owned(),
            source,
        };
        if depth > DEPTH_MAX {
            return Err(RootError::TooDeep {
                path: folder.to_owned(),
            });
        }
        let entries = fs::read_dir(folder).map_err(|source| failed(folder, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| failed(folder, source))?;
            let path = entry.path();
            let file_name = entry.file_name();
            let Some(name) = file_name.to_str() else {
                self.not_utf8(&path);
                continue;
            };
            if name.starts_with('.') {
                continue;
            }
            let relative = if below.is_empty() {
                name.to_owned()
            } else {
                format!("{below}/{name}")
            };
            let kind = entry.file_type().map_err(|source| failed(&path, source))?;
            if kind.is_symlink() {
                self.symbolic_link(top, &relative, &path);
            } else if kind.is_dir() {
                self.walk(top, &relative, &path, depth + 1)?;
            } else if kind.is_file() && is_ours(name) {
                self.take(top, &relative, &path)?;
            } else if is_ours(name) {
                self.no_file(top, &relative);
            }
        }
        Ok(())
    }

    fn take(&mut self, top: &Path, relative: &str, path: &Path) -> Result<(), RootError> {
        let failed = |source| RootError::Io {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        fs::File::open(path)
            .and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes))
            .map_err(failed)?;
        self.sources.push(Source {
            path: Arc::from(relative),
            shown: Arc::from(shown(top, relative)),
            bytes,
        });
        Ok(())
    }

    /// A pipe has another content every time, or none for ever.
    fn no_file(&mut self, top: &Path, relative: &str) {
        self.findings.push(Finding::error(
            "IDAC128",
            &Origin::start_of(&shown(top, relative)),
            "a pipe, a socket or a device stands where a file belongs".to_owned(),
            "put a file here, or remove it",
        ));
    }

    /// Review and CODEOWNERS go by path: what stands in the root must be what was reviewed there.
    fn symbolic_link(&mut self, top: &Path, relative: &str, path: &Path) {
        let target = fs::read_link(path)
            .map(|target| target.display().to_string())
            .unwrap_or_else(|_| "a place that cannot be read".to_owned());
        let leads_out = match (fs::canonicalize(path), fs::canonicalize(top)) {
            (Ok(target), Ok(top)) => !target.starts_with(top),
            (Err(_), _) | (_, Err(_)) => false,
        };
        let where_to = if leads_out {
            ", out of the identity root"
        } else {
            ""
        };
        self.findings.push(Finding::error(
            "IDAC128",
            &Origin::start_of(&shown(top, relative)),
            format!("a symbolic link leads to {target}{where_to}"),
            "put the file itself here, or remove the link",
        ));
    }

    fn not_utf8(&mut self, path: &Path) {
        self.findings.push(Finding::error(
            "IDAC129",
            &Origin::start_of(&path.to_string_lossy()),
            "the name of the file is not UTF-8".to_owned(),
            "rename the file",
        ));
    }
}

/// The path as people wrote the root, and below it with forward slashes.
pub(super) fn shown(top: &Path, relative: &str) -> String {
    let top = top.to_string_lossy();
    let top = top.trim_end_matches(['/', '\\']);
    match top {
        "" => format!("/{relative}"),
        "." => relative.to_owned(),
        top => format!("{top}/{relative}"),
    }
}

fn is_ours(name: &str) -> bool {
    let extension = Path::new(name)
        .extension()
        .and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "rego"))
}
