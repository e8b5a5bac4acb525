//! The sources as they lie in their folders, parsed.

use std::collections::BTreeMap;
use std::path::Path;

use super::mentions::{self, Mention, TestCode, mentions};

/// One file of `src/`, with all that is compiled only for tests left out.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) room: String,
    pub(crate) mentions: Vec<Mention>,
}

pub(crate) fn sources() -> Vec<Source> {
    let parsed: BTreeMap<String, syn::File> = rust_files("src")
        .into_iter()
        .map(|(path, text)| {
            let syntax = parse(&path, &text);
            (path, syntax)
        })
        .collect();
    let test_only: Vec<Vec<String>> = parsed
        .iter()
        .flat_map(|(path, syntax)| {
            let module = module_of(path);
            mentions::test_only_modules(syntax)
                .into_iter()
                .map(move |name| [module.clone(), vec![name]].concat())
        })
        .collect();
    parsed
        .iter()
        .filter(|(path, _)| {
            !test_only
                .iter()
                .any(|module| module_of(path).starts_with(module))
        })
        .map(|(path, syntax)| source(path, syntax))
        .collect()
}

fn source(path: &str, syntax: &syn::File) -> Source {
    let module = module_of(path);
    let room = module.first().cloned().unwrap_or_else(|| "lib".to_owned());
    // The main program is a crate of its own; in it only `idac::…` is a door.
    let inside = if room == "main" {
        &[]
    } else {
        module.as_slice()
    };
    Source {
        path: path.to_owned(),
        room,
        mentions: mentions(syntax, inside, TestCode::IsLeftOut),
    }
}

pub(crate) fn sample(path: &str, text: &str) -> Source {
    source(path, &parse(path, text))
}

pub(crate) fn parse(path: &str, text: &str) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| {
        panic!(
            "{path}:{}: cannot be parsed: {error}",
            error.span().start().line
        )
    })
}

/// `src/plan/step.rs` is `["plan", "step"]`, `src/lib.rs` is the crate itself.
pub(crate) fn module_of(path: &str) -> Vec<String> {
    let below = path.trim_start_matches("src/").trim_end_matches(".rs");
    below
        .split('/')
        .filter(|part| !matches!(*part, "mod" | "lib"))
        .map(str::to_owned)
        .collect()
}

/// Every Rust file below the folder, with its path from the repository's root.
pub(crate) fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut folders = vec![folder.to_owned()];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(root().join(&folder)) else {
            continue;
        };
        for entry in entries {
            let entry = entry.unwrap_or_else(|error| panic!("{folder}: {error}"));
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.ends_with(".rs") {
                let text = read(&path);
                files.insert(path, text);
            }
        }
    }
    files.into_iter().collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The modules that a file declares, in its order.
pub(crate) fn modules(path: &str) -> Vec<String> {
    let items = parse(path, &read(path)).items;
    items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Mod(module) => Some(module.ident.to_string()),
            _ => None,
        })
        .collect()
}

/// The first names of the entries of a table: `application` of `&application::KIND`.
pub(crate) fn table(path: &str, name: &str) -> Vec<String> {
    let items = parse(path, &read(path)).items;
    let expression = items.into_iter().find_map(|item| match item {
        syn::Item::Const(item) if item.ident == name => Some(*item.expr),
        syn::Item::Static(item) if item.ident == name => Some(*item.expr),
        _ => None,
    });
    let Some(syn::Expr::Reference(reference)) = expression else {
        panic!("{path}: there is no table `{name}: &[…] = &[…]`");
    };
    let syn::Expr::Array(array) = *reference.expr else {
        panic!("{path}: `{name}` is not a list");
    };
    array.elems.iter().filter_map(first_name).collect()
}

fn first_name(entry: &syn::Expr) -> Option<String> {
    match entry {
        syn::Expr::Reference(reference) => first_name(&reference.expr),
        syn::Expr::Path(path) => path
            .path
            .segments
            .first()
            .map(|first| first.ident.to_string()),
        _ => None,
    }
}

/// The modules of a room that define this static, in the order of the alphabet.
pub(crate) fn modules_with_static(folder: &str, name: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for (path, text) in rust_files(folder) {
        let defines = parse(&path, &text).items.iter().any(|item| match item {
            syn::Item::Static(item) => item.ident == name,
            syn::Item::Const(item) => item.ident == name,
            _ => false,
        });
        if defines {
            modules.extend(module_of(&path).get(1).cloned());
        }
    }
    modules.sort();
    modules
}

pub(crate) fn first_paragraph(text: &str) -> String {
    text.lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
