//! "Did you mean": the word of a list that somebody likely had in mind.

/// The candidate nearest to `word`, where one is near enough to be worth naming.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or else all that there is to choose from.
pub fn suggestion<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str> + Clone,
) -> Option<String> {
    if let Some(candidate) = nearest(word, candidates.clone()) {
        return Some(format!("did you mean `{candidate}`?"));
    }
    let all: Vec<_> = candidates.into_iter().map(|candidate| format!("`{candidate}`")).collect();
    (!all.is_empty()).then(|| format!("there is {}", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_found_and_a_stranger_is_not() {
        let words = ["customer_id", "amount", "currency"];
        assert_eq!(nearest("custmer_id", words), Some("customer_id"));
        assert_eq!(nearest("amonut", words), Some("amount"));
        assert_eq!(nearest("zebra", words), None);
    }

    #[test]
    fn without_a_near_word_all_are_named() {
        assert_eq!(suggestion("zebra", ["top", "log"]).as_deref(), Some("there is `top`, `log`"));
        assert_eq!(suggestion("tpo", ["top", "log"]).as_deref(), Some("did you mean `top`?"));
        assert_eq!(suggestion("zebra", []), None);
    }
}
