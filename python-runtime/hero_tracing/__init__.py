"""For flows that were written for hero_tracing: `from hero_tracing import flow, instrument`.

`flow` is the one of `sluice`. Clients of services are traced by the host and need no `instrument`;
plain Python objects may have it.
"""

from sluice import flow

from ._instrument import instrument

__all__ = ["flow", "instrument"]
