// What all fields of one form share: the document of the schema, what is wrong where, and which
// fields the reader has been to. A fault of a field that nobody has been to yet is not shown, so
// an empty form does not shout.
import { getContext, setContext } from "svelte";
import type { Fault, Place } from "../../model/form-place.ts";
import type { Json } from "../../model/json.ts";

export interface FormContext {
  /** The whole schema, for references. */
  root: Json;
  /** Begins the ids of its elements. */
  id: string;
  isDisabled: boolean;
  /** The faults to show at exactly this place. */
  faultsAt: (place: Place) => readonly Fault[];
  /** The reader has been there. */
  touch: (place: Place) => void;
}

const KEY = Symbol("form");

/** Makes the context of a form; its members may be getters. */
export function provideForm(context: FormContext): void {
  setContext(KEY, context);
}

/** The context of the form around. */
export function useForm(): FormContext {
  return getContext<FormContext>(KEY);
}

/** What each control of a field gets. */
export interface ControlProps<F> {
  field: F;
  value: Json | undefined;
  place: Place;
  /** Attributes of the element that the label is for. */
  aria: {
    id: string;
    "aria-describedby": string;
    "aria-invalid": boolean;
    disabled: boolean;
  };
  onchange: (next: Json) => void;
}
