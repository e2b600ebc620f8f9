// A small flow that shows what flows are: steps, a log, an input with a type and an output. The
// editor opens it at `/editor?example=first`.

export const FIRST_FLOW = `from sluice import flow


@flow(name="first-flow")
def first_flow(name: str, times: int = 3) -> list[str]:
    """Greet somebody a few times; each greeting is a step."""
    greetings = []
    for number in range(1, times + 1):
        with flow.step(f"greeting {number}"):
            flow.sleep(0.5)
            greetings.append(f"Hello {name}, for the {number}. time!")
            flow.log.info("greeted", name=name)
    return greetings
`;
