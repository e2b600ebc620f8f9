//! Server-sent events, read piece by piece however they are cut.

/// The longest event, in bytes.
const MAX_EVENT_BYTES: usize = 1 << 20;

/// What was read and makes no whole event yet.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Option<String>,
    after_return: bool,
    has_begun: bool,
}

/// An event that is longer than it may be, or no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadEvent {
    TooLong,
    NoText,
}

impl Events {
    /// The data of the events that end in this piece.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<Vec<String>, BadEvent> {
        let mut events = Vec::new();
        for &byte in piece {
            // A line ends with `\n`, `\r` or both.
            let ends = match byte {
                b'\n' if std::mem::take(&mut self.after_return) => continue,
                b'\n' | b'\r' => true,
                _ => false,
            };
            self.after_return = byte == b'\r';
            if ends {
                events.extend(self.end_of_line()?);
            } else {
                self.line.push(byte);
                let held = self.line.len() + self.data.as_ref().map_or(0, String::len);
                if held > MAX_EVENT_BYTES {
                    return Err(BadEvent::TooLong);
                }
            }
        }
        Ok(events)
    }

    /// The data of an event that nothing ended: some endpoints leave the last empty line out.
    pub(super) fn end(&mut self) -> Result<Option<String>, BadEvent> {
        if !self.line.is_empty() {
            self.end_of_line()?;
        }
        Ok(self.data.take())
    }

    fn end_of_line(&mut self) -> Result<Option<String>, BadEvent> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8(line).map_err(|_| BadEvent::NoText)?;
        let mut line = line.as_str();
        if !std::mem::replace(&mut self.has_begun, true) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            return Ok(self.data.take());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_however_they_are_cut() {
        let text = "\u{feff}: a comment\r\ndata: one\r\n\r\nevent: x\ndata:two\ndata: dré\n\n\
                    id: 7\rdata: four\r\rdata: five";
        let expected = ["one", "two\ndré", "four"].map(str::to_owned);
        for size in 1..text.len() {
            let mut events = Events::default();
            let mut found = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                found.extend(events.push(piece).expect("sound events"));
            }
            assert_eq!(found, expected, "in pieces of {size}");
            assert_eq!(events.end(), Ok(Some("five".to_owned())));
        }
    }

    #[test]
    fn an_event_has_an_end() {
        let mut events = Events::default();
        let line = [b"data: ".as_slice(), &vec![b'x'; MAX_EVENT_BYTES]].concat();
        assert_eq!(events.push(&line), Err(BadEvent::TooLong));
        // Many short lines are one event as well, empty ones too.
        let mut events = Events::default();
        let lines = b"data:\n".repeat(MAX_EVENT_BYTES + 2);
        assert_eq!(events.push(&lines), Err(BadEvent::TooLong));
        assert_eq!(Events::default().push(b"data: \xff\n"), Err(BadEvent::NoText));
    }
}
