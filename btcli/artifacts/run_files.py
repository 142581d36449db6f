"""The files in a run's folder that are its own, with their digests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from btcli.artifacts.disk import disk, draft_of
from btcli.artifacts.manifest import MANIFEST, FileOutput
from btcli.digest import sha256_of_file

REPORT = "report.html"  # may lie in a run's folder; it is made from the run, and no part of it
BESIDE = (MANIFEST, draft_of(MANIFEST), REPORT, draft_of(REPORT))


def file_outputs(folder: Path, written: Mapping[str, FileOutput] = MappingProxyType({})) -> dict[str, FileOutput]:
    """Digest and size of every file below a run's folder but the manifest and a report, by POSIX path, sorted.

    What was digested while it was `written` is not read again, unless its size has become another.
    """
    with disk(folder, "read"):
        paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        return {name: _output_of(path, written.get(name)) for name, path in sorted(paths.items()) if name not in BESIDE}


def _output_of(path: Path, written: FileOutput | None) -> FileOutput:
    size = path.stat().st_size
    if written is not None and written.size == size:
        return written
    return FileOutput(sha256=sha256_of_file(path), size=size)
