"""What a model says, as the host answers it."""

import json


def says(content=None, *calls, finish_reason="stop"):
    """A reply with words, and calls of tools: pairs of a name and its arguments."""
    return {
        "content": content,
        "tool_calls": [
            {
                "id": f"call_{number}",
                "name": name,
                "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
            }
            for number, (name, arguments) in enumerate(calls, 1)
        ],
        "usage": {"input_tokens": 10, "output_tokens": 5, "cost_micros": 30},
        "finish_reason": "tool_calls" if calls else finish_reason,
        "model": "served-1",
    }


def wants(*calls):
    """A reply that only calls tools."""
    return says(None, *calls)
