//! What is written where: products to stdout, errors and questions to stderr.

use std::error::Error;
use std::io::{self, IsTerminal, Write};

use super::problem::Problem;
use crate::declare::Source;
use crate::finding::Finding;
use crate::report::{self, Format};

/// Where a command writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub format: Format,
}

impl Output {
    /// Writes a product. Colour stays only on a terminal that wants it.
    pub(super) fn product(self, text: &str) -> Result<(), Problem> {
        let written = match self.format {
            Format::Text => write(&mut anstream::stdout().lock(), text),
            Format::Markdown | Format::Json => write(&mut io::stdout().lock(), text),
        };
        written.map_err(Problem::Output)
    }

    /// Writes findings that are the product of the command.
    pub(super) fn findings(self, findings: &[Finding], sources: &[Source]) -> Result<(), Problem> {
        self.product(&report::findings(findings, sources, self.format))
    }

    /// Writes findings that stand beside another product, which programs must be able to read on its own.
    pub(super) fn findings_beside(
        self,
        findings: &[Finding],
        sources: &[Source],
    ) -> Result<(), Problem> {
        match self.format {
            Format::Text | Format::Markdown => self.findings(findings, sources),
            Format::Json => aside(&report::findings(findings, sources, Format::Text)),
        }
    }

    /// Writes a remark for people; programs do without it.
    pub(super) fn remark(self, text: &str) -> Result<(), Problem> {
        match self.format {
            Format::Text | Format::Markdown => self.product(text),
            Format::Json => Ok(()),
        }
    }
}

/// Writes for people, beside the product.
pub(super) fn aside(text: &str) -> Result<(), Problem> {
    write(&mut anstream::stderr().lock(), text).map_err(Problem::Output)
}

/// Whether somebody can be asked.
pub(super) fn is_anybody_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks, and takes only `y` or `yes` for yes.
pub(super) fn ask(question: &str) -> Result<bool, Problem> {
    aside(question)?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(Problem::Input)?;
    let answer = answer.trim();
    Ok(answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"))
}

/// Shows what went wrong, why, and what to do. Nothing can be done when even that cannot be written.
pub(super) fn problem(problem: &Problem) {
    // Names of files, of environments and of what is in a tenant are somebody else's text.
    let mut text = format!("{} {}\n", painted("error:"), lines(&problem.to_string()));
    let mut source = problem.source();
    let mut said = problem.to_string();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !said.contains(&cause_text) {
            text.push_str(&format!("  caused by: {}\n", lines(&cause_text)));
        }
        said = cause_text;
        source = cause.source();
    }
    if let Some(help) = problem.help() {
        text.push_str(&format!("  help: {}\n", lines(&help)));
    }
    let _ = aside(&text);
}

/// The text with everything in its lines visible. Only we break lines: what is quoted in them is made visible before.
fn lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(report::visible).collect();
    lines.join("\n")
}

fn painted(text: &str) -> String {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    format!("{style}{text}{style:#}")
}

/// Whoever no longer reads is not in error.
fn write(to: &mut impl Write, text: &str) -> io::Result<()> {
    let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
