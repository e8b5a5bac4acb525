//! What a source file mentions: every path it names, wherever it stands, with `self` and `super` worked out.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// One path, macro call, method call or attribute, and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    /// `["crate", "graph", "Graph"]`, `["std", "fs", "read"]`; `["println!"]`, `[".unwrap()"]`, `["#[ignore]"]`.
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    pub(crate) place: Place,
}

/// Where a path stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Use,
    Elsewhere,
}

/// Whether what is compiled only for tests counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestCode {
    Counts,
    IsLeftOut,
}

/// Everything that the file mentions; `module` is where it stands in its crate (`["plan", "step"]`).
pub(crate) fn mentions(syntax: &syn::File, module: &[String], test_code: TestCode) -> Vec<Mention> {
    let mut reader = Reader {
        module: module.to_vec(),
        test_code,
        mentions: Vec::new(),
    };
    reader.visit_file(syntax);
    reader.mentions
}

/// The modules below this file that have files of their own and exist only for tests.
pub(crate) fn test_only_modules(syntax: &syn::File) -> Vec<String> {
    syntax
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Mod(module) if module.content.is_none() && is_for_tests(&module.attrs) => {
                Some(module.ident.to_string())
            }
            _ => None,
        })
        .collect()
}

struct Reader {
    module: Vec<String>,
    test_code: TestCode,
    mentions: Vec<Mention>,
}

impl Reader {
    fn add(&mut self, written: &[String], line: usize, place: Place) {
        let path = self.rooted(written);
        self.mentions.push(Mention { path, line, place });
    }

    /// The same path, beginning at the crate where it is known to belong to it.
    fn rooted(&self, written: &[String]) -> Vec<String> {
        let Some(first) = written.first() else {
            return Vec::new();
        };
        let mut base = self.module.clone();
        let mut rest = &written[1..];
        match first.as_str() {
            "crate" | "idac" => base.clear(),
            "self" => {}
            "super" => {
                base.pop();
                while let Some((next, after)) = rest.split_first()
                    && next == "super"
                {
                    base.pop();
                    rest = after;
                }
            }
            _ => return written.to_vec(),
        }
        let mut path = vec!["crate".to_owned()];
        path.extend(base);
        path.extend(rest.iter().cloned());
        path
    }

    fn use_tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| {
            let mut path = before.to_vec();
            // `use crate::plan::{self}` names `crate::plan`.
            if name != "self" || before.is_empty() {
                path.push(name.to_string());
            }
            path
        };
        match tree {
            syn::UseTree::Path(tree) => self.use_tree(&tree.tree, &with(&tree.ident)),
            syn::UseTree::Name(tree) => {
                self.add(
                    &with(&tree.ident),
                    tree.ident.span().start().line,
                    Place::Use,
                );
            }
            syn::UseTree::Rename(tree) => {
                self.add(
                    &with(&tree.ident),
                    tree.ident.span().start().line,
                    Place::Use,
                );
            }
            syn::UseTree::Glob(tree) => {
                let mut path = before.to_vec();
                path.push("*".to_owned());
                self.add(&path, tree.star_token.spans[0].start().line, Place::Use);
            }
            syn::UseTree::Group(tree) => {
                for item in &tree.items {
                    self.use_tree(item, before);
                }
            }
        }
    }

    /// Reads what `syn` does not: the inside of macro calls, macro definitions and attributes.
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Ident(_) => at = self.chain(&tokens, at),
                TokenTree::Group(group) => {
                    self.group(&tokens, at, group);
                    at += 1;
                }
                TokenTree::Literal(literal) => {
                    self.text_of_a_path(&literal.to_string(), literal.span().start().line);
                    at += 1;
                }
                TokenTree::Punct(_) => at += 1,
            }
        }
    }

    fn group(&mut self, tokens: &[TokenTree], at: usize, group: &Group) {
        let is_attribute = at > 0 && is_punct(&tokens[at - 1], '#');
        if is_attribute
            && let Some(TokenTree::Ident(name)) = group.stream().into_iter().next()
            && name == "ignore"
        {
            self.mark("#[ignore]", name.span().start().line);
        }
        self.tokens(group.stream());
    }

    /// Reads `a::b::c` from here on, and says where it ends.
    fn chain(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let mut path = Vec::new();
        let mut at = start;
        let mut line = 0;
        while let Some(TokenTree::Ident(name)) = tokens.get(at) {
            path.push(name.to_string());
            line = if line == 0 {
                name.span().start().line
            } else {
                line
            };
            at += 1;
            if !is_path_separator(tokens, at) {
                break;
            }
            at += 2;
        }
        let is_method = start > 0 && is_punct(&tokens[start - 1], '.');
        match tokens.get(at) {
            Some(TokenTree::Punct(punct))
                if punct.as_char() == '!' && punct.spacing() == Spacing::Alone =>
            {
                self.call_of_macro(&path, line);
            }
            Some(TokenTree::Group(arguments))
                if is_method && arguments.delimiter() == Delimiter::Parenthesis =>
            {
                self.method(path.last().map_or("", String::as_str), line);
            }
            Some(TokenTree::Group(names))
                if is_path_separator(tokens, at.saturating_sub(2))
                    && names.delimiter() == Delimiter::Brace =>
            {
                self.braced(&path, names);
            }
            _ => {}
        }
        self.add(&path, line, Place::Elsewhere);
        at
    }

    /// `crate::{a, b::c}` inside a macro.
    fn braced(&mut self, before: &[String], names: &Group) {
        let mut is_start = true;
        for token in names.stream() {
            match token {
                TokenTree::Ident(name) if is_start => {
                    let mut path = before.to_vec();
                    path.push(name.to_string());
                    self.add(&path, name.span().start().line, Place::Elsewhere);
                    is_start = false;
                }
                token => is_start = is_punct(&token, ','),
            }
        }
    }

    /// Attributes name functions in text: `#[serde(with = "crate::graph::wire")]`.
    fn text_of_a_path(&mut self, literal: &str, line: usize) {
        let text = literal.trim_matches('"');
        let is_path = ["crate::", "super::", "self::", "std::"]
            .iter()
            .any(|start| text.starts_with(start))
            && text
                .chars()
                .all(|char| char.is_alphanumeric() || "_:<>".contains(char));
        if is_path {
            let path: Vec<String> = text.split("::").map(str::to_owned).collect();
            self.add(&path, line, Place::Elsewhere);
        }
    }

    fn call_of_macro(&mut self, path: &[String], line: usize) {
        if let Some(name) = path.last() {
            self.mark(&format!("{name}!"), line);
        }
    }

    fn method(&mut self, name: &str, line: usize) {
        self.mark(&format!(".{name}()"), line);
    }

    fn mark(&mut self, what: &str, line: usize) {
        self.mentions.push(Mention {
            path: vec![what.to_owned()],
            line,
            place: Place::Elsewhere,
        });
    }

    fn leaves_out(&self, attributes: &[syn::Attribute]) -> bool {
        self.test_code == TestCode::IsLeftOut && is_for_tests(attributes)
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !self.leaves_out(attributes_of(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !self.leaves_out(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.use_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if let Some(first) = path.segments.first() {
            self.add(&names, first.ident.span().start().line, Place::Elsewhere);
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.method(&call.method.to_string(), call.method.span().start().line);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let names: Vec<String> = call
            .path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        if let Some(first) = call.path.segments.first() {
            self.call_of_macro(&names, first.ident.span().start().line);
        }
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let Some(name) = attribute.path().get_ident()
            && name == "ignore"
        {
            self.mark("#[ignore]", name.span().start().line);
        }
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }
}

fn attributes_of(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, `#[test]`, `#[tokio::test]`. `#[cfg(not(test))]` and `#[cfg(any(test, …))]` are not.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_test = attribute
            .path()
            .segments
            .last()
            .is_some_and(|segment| segment.ident == "test");
        let is_cfg_test = attribute.path().is_ident("cfg")
            && matches!(&attribute.meta, syn::Meta::List(list) if list.tokens.to_string() == "test");
        is_test || is_cfg_test
    })
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    matches!(
        (tokens.get(at), tokens.get(at + 1)),
        (Some(TokenTree::Punct(first)), Some(second))
            if first.as_char() == ':' && first.spacing() == Spacing::Joint && is_punct(second, ':')
    )
}
