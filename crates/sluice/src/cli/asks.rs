//! `sluice asks` on the command line.

use clap::{Args, Subcommand};

use super::Page;
use crate::input::Part;

/// Options of `sluice asks`.
#[derive(Debug, Args)]
pub struct AsksArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: AsksCommand,
}

/// What can be done with questions.
#[derive(Debug, Subcommand)]
pub enum AsksCommand {
    /// List the questions that wait for an answer.
    Ls(AsksLsArgs),
    /// Answer a question, or show it.
    Answer(AnswerArgs),
}

/// Options of `sluice asks ls`.
#[derive(Debug, Args)]
pub struct AsksLsArgs {
    /// Also those that are answered or closed.
    #[arg(long)]
    pub all: bool,
    /// Which part of the list.
    #[command(flatten)]
    pub page: Page,
}

const ANSWER_EXAMPLES: &str = "\
Examples:
  sluice asks answer ask_01k9                        shows the question
  sluice asks answer ask_01k9 yes
  sluice asks answer ask_01k9 'Not before Monday' --as ada
  sluice asks answer ask_01k9 -i approve=true -i reason='it is due'";

/// Options of `sluice asks answer`.
#[derive(Debug, Args)]
#[command(after_help = ANSWER_EXAMPLES)]
pub struct AnswerArgs {
    /// The question: its id, or a beginning of it that no other open question has.
    #[arg(value_name = "ASK")]
    pub ask: String,
    /// The answer: JSON; or text as it stands where text is asked for; `yes` and `no` where it is one
    /// or the other. `-`: from standard input.
    #[arg(value_name = "VALUE|-", allow_negative_numbers = true, conflicts_with = "inputs")]
    pub value: Option<String>,
    /// One member of an answer that is an object: as for `sluice run`.
    #[arg(short, long = "input", value_name = "KEY=VALUE|FILE|-")]
    #[arg(value_parser = |text: &str| Ok::<_, std::convert::Infallible>(Part::parse(text)))]
    pub inputs: Vec<Part>,
    /// Who answers. Default: your user name.
    #[arg(long = "as", value_name = "NAME")]
    pub by: Option<String>,
    /// Print one JSON document: the question as it stands.
    #[arg(long)]
    pub json: bool,
}
