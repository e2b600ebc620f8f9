// The source in Monaco: a surface like any other to the rest of the editor. Every change that is not
// typed goes through one edit of the model, so it is undone in one step.
import { clean } from "../../../base/clean.ts";
import type { Edit } from "../../../model/fix-places.ts";
import type { LineNote, Mark, Surface, SurfaceHost } from "../surface.ts";
import { answerFor, rangeOf, type Known } from "./language.ts";
import { drawTheme } from "./look.ts";
import { monaco, type Editor } from "./monaco.ts";

const SEVERITIES = {
  error: monaco.MarkerSeverity.Error,
  warning: monaco.MarkerSeverity.Warning,
  info: monaco.MarkerSeverity.Info,
};

/** Options that the source and the comparison of versions share. */
export function sharedOptions(): monaco.editor.IEditorOptions {
  const narrow = window.matchMedia("(width <= 720px)").matches;
  const mono = getComputedStyle(document.documentElement).getPropertyValue("--mono").trim();
  return {
    automaticLayout: true,
    fontSize: 13,
    lineHeight: 20,
    ...(mono ? { fontFamily: mono } : {}),
    minimap: { enabled: false },
    scrollBeyondLastLine: false,
    overviewRulerLanes: narrow ? 0 : 2,
    renderLineHighlight: "line",
    fixedOverflowWidgets: true,
    renderControlCharacters: true,
    smoothScrolling: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    padding: { top: 8, bottom: 8 },
    contextmenu: true,
    lineNumbersMinChars: 3,
    renderFinalNewline: "on",
  };
}

class MonacoSurface implements Surface {
  readonly #editor: Editor;
  readonly #known: Known;
  readonly #notes: monaco.editor.IEditorDecorationsCollection;
  readonly #current: monaco.editor.IEditorDecorationsCollection;
  /** Set while a text is put in that was not typed, so that nobody is told of it. */
  #isSetting = false;

  constructor(container: HTMLElement, host: SurfaceHost) {
    const model = monaco.editor.createModel(host.text, "python");
    model.updateOptions({ tabSize: 4, insertSpaces: true });
    this.#editor = monaco.editor.create(container, {
      ...sharedOptions(),
      model,
      ariaLabel: `${host.label}. Escape, then Tab, goes on from here.`,
      glyphMargin: true,
      theme: "sluice",
    });
    this.#notes = this.#editor.createDecorationsCollection();
    this.#current = this.#editor.createDecorationsCollection();
    this.#known = { host, marks: [] };
    answerFor(model, this.#known);
    model.onDidChangeContent(() => {
      if (!this.#isSetting) host.onchange(model.getValue());
    });
    this.#editor.onMouseDown((event) => {
      const { target } = event;
      if (target.type === monaco.editor.MouseTargetType.GUTTER_GLYPH_MARGIN) {
        host.online(target.position.lineNumber);
      }
    });
    const { CtrlCmd } = monaco.KeyMod;
    this.#editor.addCommand(CtrlCmd | monaco.KeyCode.Enter, () => host.onrun());
    this.#editor.addCommand(CtrlCmd | monaco.KeyCode.KeyS, () => host.onsave());
    // Tab writes here. Escape, where it closes nothing, ends that: Tab goes on to what comes after.
    this.#editor.addCommand(
      monaco.KeyCode.Escape,
      () => {
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      },
      "editorTextFocus && !suggestWidgetVisible && !parameterHintsVisible && !findWidgetVisible && !inSnippetMode && !hasNextTabstop && !renameInputVisible && !editorHasSelection && !editorHasMultipleSelections && !inlineSuggestionVisible && !markersNavigationVisible && !referenceSearchVisible",
    );
  }

  get #model(): monaco.editor.ITextModel {
    const model = this.#editor.getModel();
    if (model === null) throw new Error("the editor has no model");
    return model;
  }

  setText(text: string): void {
    const model = this.#model;
    if (model.getValue() === text) return;
    this.#isSetting = true;
    this.#push([{ range: model.getFullModelRange(), text }]);
    this.#isSetting = false;
  }

  apply(edits: readonly Edit[]): void {
    const model = this.#model;
    this.#push(
      edits.map((edit) => ({ range: rangeOf(model, edit.start, edit.end), text: edit.text })),
    );
  }

  #push(edits: monaco.editor.IIdentifiedSingleEditOperation[]): void {
    this.#editor.pushUndoStop();
    this.#editor.executeEdits("sluice", edits);
    this.#editor.pushUndoStop();
  }

  setMarks(marks: readonly Mark[]): void {
    const model = this.#model;
    this.#known.marks = marks;
    const markers = marks.map((mark): monaco.editor.IMarkerData => {
      const start = model.getPositionAt(mark.start);
      const end = model.getPositionAt(Math.max(mark.end, mark.start + 1));
      return {
        startLineNumber: start.lineNumber,
        startColumn: start.column,
        endLineNumber: end.lineNumber,
        endColumn: end.column,
        severity: SEVERITIES[mark.severity],
        message: clean(mark.message),
        source: "sluice",
        ...(mark.code === null
          ? {}
          : { code: { value: mark.code, target: explanation(mark.code) } }),
      };
    });
    monaco.editor.setModelMarkers(model, "sluice", markers);
  }

  setNotes(notes: ReadonlyMap<number, LineNote>): void {
    const lines = this.#model.getLineCount();
    const decorations = [...notes].filter(([line]) => line <= lines);
    this.#notes.set(
      decorations.map(([line, note]) => {
        const end = this.#model.getLineMaxColumn(line);
        return {
          range: new monaco.Range(line, end, line, end),
          options: {
            glyphMarginClassName: `sluice-note sluice-note-${note.tone}`,
            glyphMarginHoverMessage: { value: note.spoken },
            showIfCollapsed: true,
            after: {
              content: `  ${note.text}`,
              inlineClassName: `sluice-after sluice-after-${note.tone}`,
            },
          },
        };
      }),
    );
  }

  setCurrentLine(line: number | null): void {
    if (line === null || line > this.#model.getLineCount()) {
      this.#current.clear();
      return;
    }
    const options = { isWholeLine: true, className: "sluice-current" };
    this.#current.set([{ range: new monaco.Range(line, 1, line, 1), options }]);
    this.#editor.revealLineInCenterIfOutsideViewport(line);
  }

  reveal(offset: number): void {
    const position = this.#model.getPositionAt(offset);
    this.#editor.setPosition(position);
    this.#editor.revealPositionInCenterIfOutsideViewport(position);
    this.#editor.focus();
  }

  focus(): void {
    this.#editor.focus();
  }

  dispose(): void {
    const model = this.#editor.getModel();
    this.#editor.dispose();
    model?.dispose();
  }
}

function explanation(code: string): monaco.Uri {
  return monaco.Uri.parse(`${location.origin}/v1/errors/${encodeURIComponent(code)}`);
}

/** Puts Monaco into an element. */
export function createSurface(container: HTMLElement, host: SurfaceHost): Surface {
  return new MonacoSurface(container, host);
}

/** Compares two texts; answers with what ends it. */
export function createComparison(
  container: HTMLElement,
  before: string,
  after: string,
): { dispose(): void } {
  const narrow = container.clientWidth < 720;
  const editor = monaco.editor.createDiffEditor(container, {
    ...sharedOptions(),
    theme: "sluice",
    readOnly: true,
    originalEditable: false,
    renderOverviewRuler: false,
    renderSideBySide: !narrow,
    ariaLabel: "Comparison of two versions",
  });
  const original = monaco.editor.createModel(before, "python");
  const modified = monaco.editor.createModel(after, "python");
  editor.setModel({ original, modified });
  return {
    dispose() {
      editor.dispose();
      original.dispose();
      modified.dispose();
      // The newest editor lends Monaco the services that lists and hovers draw with, and those of a
      // comparison end with it. An editor of its own lends some that do not.
      monaco.editor.create(document.createElement("div")).dispose();
    },
  };
}

export { drawTheme };
