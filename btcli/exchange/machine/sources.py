"""The digest of sources that names the machine code in its cache, and the engine in a run's identity."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def sources_below(*folders: Path) -> list[str]:
    """Every Python source below the folders."""
    walked = (each for folder in folders for each in os.walk(folder))
    return [os.path.join(place, name) for place, _, names in walked for name in names if name.endswith(".py")]  # noqa: PTH118


def digest_of_sources(root: Path, paths: Iterable[str | Path]) -> str:
    """The sha256 over the names (relative to `root`, sorted) and the contents of source files.

    Each part is preceded by its length, so that borders count. Paths are read as text: a start reads 500 of them.
    """
    digest, begin = hashlib.sha256(), len(os.path.join(root, ""))  # noqa: PTH118
    for name, file in sorted((file[begin:].replace(os.sep, "/"), file) for file in (os.fspath(each) for each in paths)):
        with open(file, "rb", buffering=0) as source:  # noqa: PTH123
            content = source.read()
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()
