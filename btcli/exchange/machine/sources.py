"""The digest of sources that names the machine code in its cache, and the engine in a run's identity."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def sources_below(*folders: Path) -> list[Path]:
    """Every Python source below the folders."""
    return [path for folder in folders for path in folder.rglob("*.py")]


def digest_of_sources(root: Path, paths: Iterable[Path]) -> str:
    """The sha256 over the names (relative to `root`, sorted) and the contents of source files.

    Each part is preceded by its length, so that borders count.
    """
    digest = hashlib.sha256()
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in paths):
        for part in (name.encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()
