// Which field of a dialog is at fault, of a request that was not carried out.
import { ApiProblem } from "../../api/problem.ts";

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

/** Refuses to make what is there already: it would take the place of the other. */
export function refuseTaken(name: string, taken: readonly string[]): void {
  if (!taken.includes(name)) return;
  const problem = "There is one of that name: change that one in the list.";
  throw new ApiProblem(problem, { code: "conflict", fields: [{ place: "name", problem }] });
}
