"""Mistakes with the SDK itself that Python reports in words that do not name it, and habits from other
libraries: what the same thing is called here.

Each has what Python says, what stands in the line, and the hint; the first one that fits counts.
"""

import re

from ._excerpt import Source
from ._frames import Place

_KEYWORD = "got an unexpected keyword argument "
_NO_ATTRIBUTE = "object has no attribute "

_MISUSES: list[tuple[re.Pattern[str], re.Pattern[str], str]] = [
    (re.compile(said), re.compile(written), hint)
    for said, written, hint in [
        (
            r"context manager protocol|has no attribute '__a?enter__'",
            r"\bflow\.step\s*[:,]|\bflow\.step\s+as\b",
            'A step needs a name: write `with flow.step("name"):`',
        ),
        (
            r"object does not support the (asynchronous )?context manager protocol",
            r"\bwith\b",
            "A function that is decorated with @flow.step is called; `with` takes flow.step('name') itself",
        ),
        (
            r"^a coroutine was expected, got <\w+ call \d+",
            r"",
            "A call that was started is under way: `await` it, or give it to asyncio.gather(...)",
        ),
        (
            r"^'.+'$",
            r"\bos\.environ\b",
            "A flow has no environment: take it as a parameter, or as flow.secret('NAME')",
        ),
        (
            r"'Prompt' object (is not callable|has no attribute 'format)",
            r"",
            "Values go in by name: .render(order_id=7), with {{ order_id }} in the text",
        ),
        (
            r"object is not callable",
            r"\bflow\.log\(",
            "Say how grave it is: flow.log.info('...'), .debug, .warning or .error",
        ),
        (
            r"^Log\.\w+\(\) takes 2 positional",
            r"\blog\b",
            "Values go by name: flow.log.info('kept', count=3)",
        ),
        (
            r"'Log' object has no attribute 'exception'",
            r"",
            "Write flow.log.error('what failed', error=str(error))",
        ),
        (
            r"'FlowDecorator' object has no attribute '(agent|tool|prompt)'",
            r"",
            "It stands beside `flow`: from sluice import agent, tool, prompt",
        ),
        (
            r"'FlowDecorator' object has no attribute '(run|call|start|child)'",
            r"",
            "Another flow is run with flow.invoke('name', n=3), many with flow.map",
        ),
        (
            r"'FlowDecorator' object has no attribute '(env|environ|config|settings)'",
            r"",
            "A flow has no environment: take it as a parameter, or as flow.secret('NAME')",
        ),
        (
            r"'FlowDecorator' object has no attribute '(progress|set)'",
            r"",
            "That is the step's: with flow.step('name') as step: step.progress(done, total)",
        ),
        (
            r"^invoke\(\) takes 1 positional",
            r"",
            "The input is given by name: flow.invoke('square', n=3)",
        ),
        (
            r"'Method' object is not callable",
            r"\bflow\.kv\.",
            "Name the space first: flow.kv('notes').get('title')",
        ),
        (
            r"'kv' object (is not subscriptable|does not support item)",
            r"",
            "Write .get(key) and .set(key, value)",
        ),
        (r"'kv' object has no attribute '(put|save|write|add)'", r"", "Did you mean 'set'?"),
        (
            r"module 'http' has no attribute",
            r"\bhttp\.",
            "Write `from sluice import http`: the standard module of that name sends no requests",
        ),
        (
            r"module 'sluice.http' has no attribute '\w*(Session|session|AsyncClient)'",
            r"",
            "http.client('https://api.example.com', headers=...) keeps what requests share; in a coroutine "
            "`await` its get.start(path)",
        ),
        (
            r"module 'sluice.http' has no attribute '(\w*Error|\w*Exception|exceptions|Timeout\w*)'",
            r"",
            "Catch http.HttpStatusError of raise_for_status(), http.HttpFailed (an OSError), TimeoutError, "
            "or sluice.CallFailed for all of them",
        ),
        (
            rf"^Client\.\w+\(\) {_KEYWORD}'auth'",
            r"",
            "Say who asks in headers={'Authorization': f\"Bearer {flow.secret('NAME')}\"}",
        ),
        (
            rf"^Client\.\w+\(\) {_KEYWORD}'(body|content)'",
            r"",
            "A body is data=, or json= for anything that has a form in JSON",
        ),
        (
            rf"^Client\.\w+\(\) {_KEYWORD}'files'",
            r"",
            "Send the bytes as data=, with their Content-Type in headers=",
        ),
        (
            rf"^Client\.\w+\(\) {_KEYWORD}'cookies'",
            r"",
            "Write them into headers={'Cookie': 'name=value'}: nothing is kept between requests",
        ),
        (rf"^Client\.\w+\(\) {_KEYWORD}'follow_redirects'", r"", "Did you mean 'allow_redirects'?"),
        (
            rf"^Client\.\w+\(\) {_KEYWORD}'(verify|cert|proxies|proxy)'",
            r"",
            "Leave it out: the host makes the connections, and checks all certificates",
        ),
        (
            rf"^Client\.\w+\(\) {_KEYWORD}'stream'",
            r"",
            "Leave it out: an answer comes whole, and .content has its bytes",
        ),
        (
            r"^Client\.\w+\(\) takes \d positional",
            r"",
            "Only the URL stands alone: write params=, json= or data=",
        ),
        (
            rf"'Response' {_NO_ATTRIBUTE}'(body|data|read|aread|raw|iter_\w+)'",
            r"",
            "The body is whole: .content has its bytes, .text its text, and .json() reads it",
        ),
        (rf"'Response' {_NO_ATTRIBUTE}'is_(success|ok)'", r"", "Did you mean 'ok'?"),
        (
            r"^Agent\.__init__\(\)",
            r"\bAgent\(",
            "Write agent('name', instructions='...', tools=[...]); model= is the tenant's name for one",
        ),
        (
            rf"^agent\(\) {_KEYWORD}'(output|output_type|result_type|response_format)'",
            r"",
            "Say it where the agent is asked: .run(prompt, output=Type)",
        ),
        (rf"^agent\(\) {_KEYWORD}'(system\w*|prompt)'", r"", "Did you mean 'instructions'?"),
        (rf"^agent\(\) {_KEYWORD}'max_\w*(steps|iterations)'", r"", "Did you mean 'max_turns'?"),
        (
            rf"^Agent\.\w+\(\) ({_KEYWORD}'(output|result)_type'|takes 2 positional)",
            r"",
            "The type of the answer is output=: .run(prompt, output=Type)",
        ),
        (
            rf"'Agent' {_NO_ATTRIBUTE}'run_(sync|async)'",
            r"",
            "It is run(...); in a coroutine `await` start(...)",
        ),
        (
            rf"'Agent' {_NO_ATTRIBUTE}'tool\w*'",
            r"",
            "Tools are given when it is made: agent('name', tools=[lookup]), with @tool above lookup",
        ),
        (
            rf"{_NO_ATTRIBUTE}'(output|data)'",
            r"\.run\(|\.start\(",
            "run(...) of an agent gives the answer itself: what it says, or the `output` that was asked for",
        ),
        (
            r"^tool\(\)",
            r"",
            "Write @tool alone above the function: its name and docstring are what models read",
        ),
        (
            rf"'Reply' {_NO_ATTRIBUTE}'(content|message|choices|answer)'",
            r"",
            "What the model said is .text, and .output where a type was asked for",
        ),
        (
            rf"\bllm\(\) {_KEYWORD}'(system\w*|instructions)'",
            r"",
            'It is a message: flow.llm([{"role": "system", "content": "Be brief."}, {"role": "user", ...}])',
        ),
    ]
]


def misuse(message: str, place: Place, source: Source) -> str | None:
    """The hint for a message about a line, where both are those of a known mistake."""
    if place.line is None or not place.own:
        return None
    text = "\n".join(source.lines[place.line - 1 : place.end_line or place.line])
    for said, written, hint in _MISUSES:
        if said.search(message) and written.search(text):
            return hint
    return None
