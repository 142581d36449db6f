"""A run's folder: `<run_id>.partial` while it runs or when it did not end well, `<run_id>` when complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from btcli.artifacts.comparison import Comparison, compare_runs
from btcli.artifacts.disk import claim_folder, disk, sync_files
from btcli.artifacts.joining import join, joined, settle_joined
from btcli.artifacts.manifest import (
    Checkpoint,
    FileOutput,
    Outputs,
    RunManifest,
    Status,
    read_manifest,
    write_manifest,
)
from btcli.artifacts.order import note_asked
from btcli.artifacts.run_files import file_outputs
from btcli.artifacts.text import json_bytes
from btcli.drafts import sync_folder
from btcli.errors import BtcliError, ReplayDiffers
from btcli.frozen import frozen
from btcli.hands import Hands
from btcli.interrupts import interrupts_held

PARTIAL = ".partial"
METRICS, RESOLVED, PREFLIGHT = "metrics.json", "system.resolved.yml", "preflight_report.json"
RULES = "rules.json"  # of a run by rules


@frozen
class Completed:
    """Where a complete run lies, and how it compares with an earlier one of the same inputs, if any."""

    path: Path
    manifest: RunManifest
    earlier: Comparison | None


class RunDir:
    """The folder of one run from its start to its end; made by `start_run`."""

    def __init__(self, final: Path, manifest: RunManifest, replaced: str | None, claim: int | None) -> None:
        self.final = final
        self.path = partial_of(final)
        self.manifest = manifest
        self.replaced = replaced  # what the earlier partial run of this id said, for telling the user
        self._claim = claim

    def write(self, name: str, content: bytes) -> None:
        """Write one whole file of the run."""
        with disk(self.path / name):
            (self.path / name).write_bytes(content)

    def write_json(self, name: str, value: Any) -> None:
        """Write plain values as an indented JSON file; raises ValueError for a number that is not finite."""
        self.write(name, json_bytes(value))

    def stop(self, status: Status, reason: str) -> Path:
        """Leave the run as it is, marked `failed` or `interrupted`; the folder it stays in."""
        self.manifest = self.manifest.with_(status=status, failure=reason)
        write_manifest(self.path, self.manifest)
        self._release()
        return self.path

    def complete(
        self,
        results: Mapping[str, Any],
        environment: Mapping[str, Any],
        state_hash: str | None = None,
        checkpoints: tuple[Checkpoint, ...] = (),
        written: Mapping[str, FileOutput] = MappingProxyType({}),
    ) -> Completed:
        """Seal the run: digests into the manifest, compare with an earlier run of the same id, rename.

        When an earlier complete run lies there and is identical, it stays, gets the files, such as a pack, that this
        one has and it lacks, and this one is removed. `written` is what is known already of files, by name.
        Raises ReplayDiffers, leaving this one as `failed` in its partial folder, when it is not identical.
        """
        with Hands() as beside, disk(self.path):  # the disk writes while the digests are computed
            synced = beside.begin(lambda: sync_files(self.path))
            outputs = Outputs(files=file_outputs(self.path, written), state_hash=state_hash, checkpoints=checkpoints)
            synced.result()
        manifest = self.manifest.with_(
            status="complete", outputs=outputs, results=dict(results), environment=dict(environment)
        )
        earlier = compare_runs(self.final, self.path) if self.final.exists() else None
        with interrupts_held():  # else it may lie in its place, and say that it was interrupted
            self.manifest = manifest
            if earlier is None:
                self._seal()
            elif not earlier.identical:
                self._refuse(earlier)
            else:
                self._join()
            note_asked(self.final.parents[2], self.final)
            self._release()
        return Completed(self.final, manifest, earlier)

    def _refuse(self, earlier: Comparison) -> NoReturn:
        """Leave a run that differs from the earlier one of the same inputs as failed, and raise ReplayDiffers."""
        self.stop("failed", f"differs from the earlier run of the same inputs: {earlier.summary}")
        raise ReplayDiffers(
            f"the same inputs gave another result: {earlier.summary}",
            where=str(self.final),
            hint=f"the new result lies in {self.path}",
        )

    def _seal(self) -> None:
        write_manifest(self.path, self.manifest)
        with disk(self.final):
            self.path.rename(self.final)
            sync_folder(self.final.parent)

    def _join(self) -> None:
        settle_joined(self.final)
        more = joined(self.final, self.manifest)
        with disk(self.final):
            if more is not None:
                join(self.path, self.final, *more)
            shutil.rmtree(self.path)

    def _release(self) -> None:
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None


def start_run(runs: Path, manifest: RunManifest) -> RunDir:
    """Make the partial folder `<runs>/<system>/<window>/<run_id>.partial` with its manifest.

    A partial run of the same id that lies there is replaced, and `replaced` says what it was.
    Raises AccessError when the folder cannot be written.
    """
    final = runs / manifest.system / manifest.window / manifest.run_id
    partial = partial_of(final)
    with disk(partial, "write the run"):
        replaced = _cleared(partial) if partial.exists() else None
        partial.mkdir(parents=True, exist_ok=True)
        run = RunDir(final, manifest.with_(status="started"), replaced, claim_folder(partial))
        write_manifest(partial, run.manifest)
        note_asked(runs, partial)
    return run


def partial_of(final: Path) -> Path:
    """Where the run of this folder lies until it is complete."""
    return final.with_name(final.name + PARTIAL)


def _cleared(partial: Path) -> str:
    """Remove a partial run that nobody is writing; what it said about itself."""
    claim = claim_folder(partial)
    said = _state_of(partial)
    shutil.rmtree(partial)
    if claim is not None:
        os.close(claim)
    return said


def _state_of(partial: Path) -> str:
    """What a partial run says about itself; a killed process may have left no readable manifest."""
    try:
        manifest = read_manifest(partial)
    except BtcliError:
        return "unreadable"
    return manifest.status if manifest.failure is None else f"{manifest.status}: {manifest.failure}"
