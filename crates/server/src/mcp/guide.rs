//! The guide to writing flows: docs/authoring-guide.md, whole or by its headings.

use super::answer::Answer;
use super::arguments::Topic;
use super::view::Guide;
use crate::problem::Problem;

const GUIDE: &str = include_str!("../../../../docs/authoring-guide.md");

pub(super) fn read(topic: &Topic) -> Result<Answer, Problem> {
    let parts = parts(GUIDE);
    let topics: Vec<String> = parts.iter().map(|(topic, _)| topic.clone()).collect();
    let text = match &topic.topic {
        None => GUIDE,
        Some(wanted) => {
            let part = parts.iter().find(|(topic, _)| topic.eq_ignore_ascii_case(wanted.trim()));
            let Some((_, text)) = part else {
                let problem = format!("the guide's topics are: {}", topics.join(", "));
                return Err(Problem::field("/topic", problem));
            };
            text
        }
    };
    Ok(Answer::text(text, &Guide { guide: text.to_owned(), topics }))
}

/// The parts under headings of the second level, by these headings in small letters.
fn parts(guide: &str) -> Vec<(String, &str)> {
    let starts: Vec<usize> = guide.match_indices("\n## ").map(|(at, _)| at + 1).collect();
    let ends = starts.iter().skip(1).copied().chain([guide.len()]);
    let texts = starts.iter().zip(ends).map(|(start, end)| &guide[*start..end]);
    texts.map(|text| (heading(text), text)).collect()
}

fn heading(part: &str) -> String {
    part.lines().next().unwrap_or_default().trim_start_matches('#').trim().to_lowercase()
}
