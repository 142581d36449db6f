"""Files that a run brings to the same run that lies there already, which is whole at every moment meanwhile.

A manifest that names them is laid beside the one that is there before they are put in place, and takes its place after.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from btcli.artifacts.disk import disk, draft_of
from btcli.artifacts.manifest import MANIFEST, FileOutput, RunManifest, bytes_of, parse_manifest
from btcli.artifacts.run_files import file_outputs
from btcli.drafts import sync_folder
from btcli.errors import AccessError

Files = Mapping[str, FileOutput]
DRAFT = draft_of(MANIFEST)


def coming(folder: Path) -> Files:
    """The files of the manifest that was to take its place when a process ended; none where there is no such."""
    manifest = _complete(folder, DRAFT)
    return {} if manifest is None else manifest.outputs.files


def settle_joined(folder: Path) -> None:
    """End what a process that was killed began in a run's folder: as it was to be where all is there, else undone."""
    draft = folder / DRAFT
    if not os.path.lexists(draft):
        return
    found, wanted, earlier = file_outputs(folder), coming(folder), _complete(folder)
    with disk(folder):
        if wanted and wanted == found:
            _take_place(draft)
            return
        for name in wanted.keys() - earlier.outputs.files.keys() if earlier else ():
            if found.get(name) == wanted[name]:
                (folder / name).unlink()
                _remove_empty(folder, name)
        draft.unlink()


def joined(folder: Path, ours: RunManifest) -> tuple[RunManifest, tuple[str, ...]] | None:
    """The manifest of an earlier run with what ours brings, and the files that are to be taken from ours for it.

    These are what it lacks, or has otherwise than its manifest says: None where there are none. Where that manifest
    cannot be read it is ours.
    """
    found, brought, earlier = file_outputs(folder), ours.outputs.files, _complete(folder)
    if earlier is None:
        return ours, tuple(name for name in brought if found.get(name) != brought[name])
    listed = earlier.outputs.files
    taken = tuple(name for name in brought if name not in found or found[name] != listed.get(name))
    if not taken:
        return None
    files = dict(sorted({**listed, **{name: brought[name] for name in taken}}.items()))
    return earlier.with_(outputs=earlier.outputs.model_copy(update={"files": files})), taken


def join(ours: Path, folder: Path, manifest: RunManifest, taken: tuple[str, ...]) -> None:
    """Put files of ours into the folder of an earlier run, and the manifest that names them. Raises OSError."""
    draft = folder / DRAFT
    draft.unlink(missing_ok=True)
    with draft.open("xb") as file:
        file.write(bytes_of(manifest))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    for name in taken:
        _put(ours, folder, name)
    for each in {(folder / name).parent for name in taken}:
        sync_folder(each)
    _take_place(draft)


def _put(ours: Path, folder: Path, name: str) -> None:
    """Move a file, or the whole folder that it lies in where the other side has none: a part of a pack is none."""
    first = name.partition("/")[0]
    if not os.path.lexists(folder / first):
        (ours / first).replace(folder / first)
    elif os.path.lexists(ours / name):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (ours / name).replace(folder / name)


def _take_place(draft: Path) -> None:
    sync_folder(draft.parent)
    draft.replace(draft.with_name(MANIFEST))
    sync_folder(draft.parent)


def _remove_empty(folder: Path, name: str) -> None:
    with suppress(OSError):
        for each in (folder / name).parents:
            if each == folder:
                return
            each.rmdir()


def _complete(folder: Path, name: str = MANIFEST) -> RunManifest | None:
    try:
        manifest = parse_manifest((folder / name).read_bytes(), name)
    except (OSError, AccessError):
        return None
    return manifest if manifest.status == "complete" else None
