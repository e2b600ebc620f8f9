//! Lists for people: columns as wide as what stands in them, and the last one cut where the terminal
//! ends.

use super::{Line, Theme, Tone};

/// Columns between two cells.
const GAP: usize = 2;

/// Rows of cells under a head.
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<Line>>,
}

impl Table {
    /// A table with nothing under its head.
    pub fn new(head: &[&'static str]) -> Table {
        Table { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row: one cell a column.
    pub fn row(&mut self, cells: Vec<Line>) {
        self.rows.push(cells);
    }

    /// The lines, none of them wider than `room` where that is given.
    pub fn lines(self, room: Option<usize>, theme: Theme) -> Vec<Line> {
        let head = self.head.iter().map(|word| Line::of(Tone::Dim, word)).collect();
        let rows: Vec<Vec<Line>> = std::iter::once(head).chain(self.rows).collect();
        let columns = self.head.len();
        let width = |column: usize| {
            rows.iter().filter_map(|row| row.get(column)).map(Line::width).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        rows.into_iter()
            .map(|row| {
                let mut line = Line::new();
                let last = row.iter().rposition(|cell| cell.width() > 0).unwrap_or(0);
                for (place, cell) in row.into_iter().enumerate().take(last + 1) {
                    let missing = widths[place].saturating_sub(cell.width()) + GAP;
                    line = line.join(cell);
                    if place < last {
                        line.push(Tone::Plain, &" ".repeat(missing));
                    }
                }
                room.map_or(line.clone(), |room| line.fit(room, theme))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_the_last_is_cut() {
        let theme = Theme { color: false, unicode: true };
        let mut table = Table::new(&["FLOW", "STATE", "WAITS FOR"]);
        let cell = |text: &str| Line::of(Tone::Plain, text);
        table.row(vec![cell("数据"), cell("waiting"), cell("Pay this\ninvoice?")]);
        table.row(vec![cell("approval"), cell("ended"), Line::new()]);
        let lines = table.lines(Some(30), theme);
        let drawn: Vec<_> = lines.iter().map(|line| line.render(theme)).collect();
        assert_eq!(
            drawn,
            ["FLOW      STATE    WAITS FOR", "数据      waiting  Pay this\\n…", "approval  ended"]
        );
    }
}
