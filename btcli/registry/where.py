"""Where the registry of a project lies."""

from __future__ import annotations

import os
from pathlib import Path

REGISTRY = "trials.jsonl"
CHOSEN = "BTCLI_TRIALS"  # an environment variable: the file to use instead


def registry_of(runs: Path) -> Path:
    """The nearest registry upward from the working folder; where there is none, the one to make beside the runs."""
    if chosen := os.environ.get(CHOSEN):
        return Path(chosen)
    here = Path.cwd()
    found = (folder / REGISTRY for folder in (here, *here.parents) if (folder / REGISTRY).is_file())
    return next(found, runs.absolute().parent / REGISTRY)
