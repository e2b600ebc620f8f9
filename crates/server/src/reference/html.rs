//! Text as HTML. Whatever comes in is text: what goes out has no markup but ours.

/// A text without anything that a browser would take for markup.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A line of a description, where what stands between backticks is code.
pub(super) fn line(text: &str) -> String {
    // Links between our own types lead nowhere here.
    let text = text.replace("[`", "`").replace("`]", "`");
    let parts = text.split('`').enumerate();
    parts.map(|(number, part)| if number % 2 == 1 { code(part) } else { escaped(part) }).collect()
}

/// Paragraphs of a description.
pub(super) fn paragraphs(text: &str) -> String {
    text.split("\n\n").filter(|text| !text.trim().is_empty()).map(paragraph).collect()
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", line(&text.replace('\n', " ")))
}

/// A piece of code in a line.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// A block of code.
pub(super) fn block(text: &str) -> String {
    format!("<pre><code>{}</code></pre>", escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(line("as `<x>` is, [`Y`]"), "as <code>&lt;x&gt;</code> is, <code>Y</code>");
        assert_eq!(paragraphs("a\nb\n\n<i>"), "<p>a b</p><p>&lt;i&gt;</p>");
    }
}
