// Which field of a dialog is at fault, of a request that was not carried out.
import type { ApiProblem } from "../../api/problem.ts";

/** What is wrong at a field, by the pointer into the body that begins with it; "" where nothing is. */
export function faultAt(problem: ApiProblem | null, place: string): string {
  const found = problem?.fields.filter(
    (field) => field.place === place || field.place.startsWith(`${place}/`),
  );
  // What a reader of JSON adds of lines and columns is of no use beside a field.
  return (found ?? [])
    .map((field) => field.problem.replace(/ at line \d+ column \d+$/, ""))
    .join("; ");
}

/** Whether one of the fields tells what is wrong, so that the dialog need not say it again. */
export function isTold(problem: ApiProblem | null, places: readonly string[]): boolean {
  return problem !== null && places.some((place) => faultAt(problem, place) !== "");
}
