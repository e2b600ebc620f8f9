"""The codes of docs/errors.md that a guest can say of itself; the others are the host's."""

__all__ = ["KINDS"]

KINDS = {
    "exception": "flow_error",
    "flow_failed": "flow_error",
    "output_invalid": "flow_error",
    "deadlock": "flow_error",
    "not_in_sandbox": "flow_error",
    "source_invalid": "source_error",
    "flow_not_found": "source_error",
    "flow_ambiguous": "source_error",
    "flow_missing": "source_error",
    "flow_name_taken": "source_error",
    "uses_invalid": "source_error",
    "import_unavailable": "source_error",
    "input_invalid": "input_error",
    "answer_invalid": "input_error",
    "capability_denied": "capability_denied",
    "not_available": "call_error",
    "call_invalid": "call_error",
    "call_timed_out": "call_error",
    "child_failed": "call_error",
    "http_refused": "call_error",
    "http_failed": "call_error",
    "http_status": "call_error",
    "secret_not_found": "call_error",
    "model_not_found": "call_error",
    "model_failed": "call_error",
    "budget_exceeded": "call_error",
    "agent_failed": "call_error",
    "outcome_unknown": "call_error",
    "cancelled": "cancelled",
    "platform_error": "platform_error",
}
"""The codes that an exception may carry, each with its kind."""
