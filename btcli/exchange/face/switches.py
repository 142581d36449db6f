"""How the exchange may be made to run: by the environment alone, and never to another result."""

from __future__ import annotations

import os
from collections.abc import Mapping

QUIET = "BTCLI_QUIET"


def passes_quietly(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether steps at which nothing can happen are passed over together; BTCLI_QUIET=0 runs each in full."""
    return environment.get(QUIET) != "0"
