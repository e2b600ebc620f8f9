// Where the source is written, whichever way: Monaco, or a plain field on narrow screens and while
// Monaco loads. Places are offsets in UTF-16 or lines from 1.
import type { Edit } from "../../model/fix-places.ts";
import type { Fix } from "../../model/fixes.ts";
import type { SourceNames } from "../../model/symbols.ts";

/** Something to underline. */
export interface Mark {
  severity: "error" | "warning" | "info";
  message: string;
  /** A heading of docs/errors.md; null for what the editor found itself. */
  code: string | null;
  start: number;
  end: number;
  fixes: readonly Fix[];
}

/** What stands beside a line. */
export interface LineNote {
  text: string;
  tone: "ok" | "bad" | "run";
  spoken: string;
}

export interface Surface {
  setText(text: string): void;
  /** Makes edits as one step that can be undone. */
  apply(edits: readonly Edit[]): void;
  setMarks(marks: readonly Mark[]): void;
  setNotes(notes: ReadonlyMap<number, LineNote>): void;
  /** Marks one line, as that of the span that is chosen; null for none. */
  setCurrentLine(line: number | null): void;
  reveal(offset: number): void;
  focus(): void;
  dispose(): void;
}

/** What a surface asks of the editor around it. */
export interface SurfaceHost {
  text: string;
  label: string;
  onchange(text: string): void;
  /** The beginning of a line was clicked. */
  online(line: number): void;
  onrun(): void;
  onsave(): void;
  /** The names of the source as it stands now. */
  names(): SourceNames;
}
