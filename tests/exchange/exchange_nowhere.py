"""A process without a place for object code: numba compiles in it."""

from __future__ import annotations

import os
from pathlib import Path


def without_a_place(folder: Path) -> dict[str, str]:
    """The environment of such a process; the folder is for its other temporary files."""
    (folder / f"btcli-{os.getuid()}-objects").touch()
    return {"XDG_CACHE_HOME": "/dev/null/nowhere", "TMPDIR": str(folder)}
