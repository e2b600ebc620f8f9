//! How large a regular expression is once it is compiled, as its text tells it: about, and never far
//! below.

/// What a set of characters counts for, such as `[a-z]` or `\w`.
const SET: usize = 8;

/// Its parts: characters and sets of them, each as often as it is to be repeated.
pub(super) fn parts(pattern: &str) -> usize {
    // Of each group that is open: its parts so far, and those of the last thing in it.
    let mut open: Vec<(usize, usize)> = vec![(0, 0)];
    let mut chars = pattern.chars().peekable();
    while let Some(first) = chars.next() {
        let part = match first {
            '(' => {
                open.push((0, 0));
                continue;
            }
            ')' => match open.pop() {
                Some((parts, last)) if !open.is_empty() => parts.saturating_add(last),
                // One more than were opened: this is no pattern.
                _ => return usize::MAX,
            },
            '{' => {
                let bounds: String = chars.by_ref().take_while(|next| *next != '}').collect();
                let most = bounds.split(',').filter_map(|bound| bound.trim().parse().ok()).max();
                if let Some((_, last)) = open.last_mut() {
                    *last = last.saturating_mul(most.unwrap_or(1));
                }
                continue;
            }
            '[' => {
                let mut is_escaped = false;
                for next in chars.by_ref() {
                    if next == ']' && !is_escaped {
                        break;
                    }
                    is_escaped = next == '\\' && !is_escaped;
                }
                SET
            }
            '\\' => {
                chars.next();
                SET
            }
            '.' => SET,
            _ => 1,
        };
        if let Some((parts, last)) = open.last_mut() {
            *parts = parts.saturating_add(*last);
            *last = part;
        }
    }
    open.iter().fold(0, |sum, (parts, last)| sum.saturating_add(*parts).saturating_add(*last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_counts_as_often() {
        for (pattern, expected) in [
            ("", 0),
            ("abc", 3),
            ("^a{3}$", 5),
            ("(ab){10}c", 21),
            ("((a{100}){100}){100}", 1_000_000),
            ("a{99999}{99999}{99999}{99999}{99999}", usize::MAX),
            ("[a-z\\]]{2,8}", 64),
            ("\\d{4}-\\d{2}", 49),
            ("(a", 1),
            ("a)", usize::MAX),
        ] {
            assert_eq!(parts(pattern), expected, "{pattern}");
        }
    }
}
