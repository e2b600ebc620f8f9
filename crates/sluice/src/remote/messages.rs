//! Server-sent events, read as they come: <https://html.spec.whatwg.org/#event-stream-interpretation>.

/// Bytes of a stream as messages. Whatever pieces the bytes come in, the messages are the same.
#[derive(Default)]
pub(super) struct Messages {
    rest: Vec<u8>,
    data: String,
}

impl Messages {
    /// Takes the next bytes, and gives the data of each message that is whole by now.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut messages = Vec::new();
        // What was there before has no end of a line.
        let mut looked_at = self.rest.len();
        self.rest.extend_from_slice(bytes);
        let mut begin = 0;
        while let Some(length) = self.rest[looked_at..].iter().position(|byte| *byte == b'\n') {
            let end = looked_at + length;
            let line = self.rest[begin..end].strip_suffix(b"\r").unwrap_or(&self.rest[begin..end]);
            if line.is_empty() {
                if !self.data.is_empty() {
                    messages.push(std::mem::take(&mut self.data));
                }
            } else if let Some(data) = line.strip_prefix(b"data:") {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                let data = data.strip_prefix(b" ").unwrap_or(data);
                self.data.push_str(&String::from_utf8_lossy(data));
            }
            begin = end + 1;
            looked_at = begin;
        }
        self.rest.drain(..begin);
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_whole_however_their_bytes_come() {
        let text = ":\n\nevent: events\nid: 2\ndata: [1,\ndata: \"\u{e9}\"]\n\n:alive\n\r\n\
                    event: events\r\ndata:[3]\r\n\r\ndata: half";
        let expected = ["[1,\n\"\u{e9}\"]", "[3]"];
        for size in 1..=text.len() {
            let mut messages = Messages::default();
            let pieces = text.as_bytes().chunks(size);
            let found: Vec<String> = pieces.flat_map(|piece| messages.take(piece)).collect();
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }
}
