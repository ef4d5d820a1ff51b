//! Completion scripts and manual pages, made from the definitions of the command line.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};

use crate::{args::Cli, replace::replace};

/// Prints the completion script of a shell.
pub fn completions(shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "radiomics", &mut script);
    io::stdout().write_all(&script).context("cannot write to standard output")
}

/// Prints the manual page, or writes the pages of all commands into a folder.
pub fn manual(folder: Option<&Path>) -> Result<()> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = folder else {
        return io::stdout().write_all(&page(command)?).context("cannot write to standard output");
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    pages(&command, "radiomics", folder)
}

fn pages(command: &Command, name: &str, folder: &Path) -> Result<()> {
    replace(&folder.join(format!("{name}.1")), &page(command.clone().name(name.to_owned()))?)?;
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        pages(part, &format!("{name}-{}", part.get_name()), folder)?;
    }
    Ok(())
}

fn page(command: Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(page)
}
