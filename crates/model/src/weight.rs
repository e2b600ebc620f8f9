//! What a text of JSON takes in memory once it is read: far more than its bytes, where it has many small values.
//! Whoever reads what somebody else wrote asks before.

/// How many values a text holds, arrays and objects counting as four, whether it is JSON or not. Each takes about 100
/// bytes when it is read.
pub fn json_weight(json: &[u8]) -> usize {
    let (mut weight, mut is_text, mut is_escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => weight += 4,
            b',' | b':' if !is_text => weight += 1,
            _ => {}
        }
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_and_texts_are_one() {
        for (json, weight) in [
            ("", 1),
            ("7", 1),
            (r#""[,{\",:\\""#, 1),
            ("[]", 5),
            ("[1,2,3]", 7),
            (r#"{"a":[{}],"b":"x,y"}"#, 16),
        ] {
            assert_eq!(json_weight(json.as_bytes()), weight, "{json}");
        }
    }
}
