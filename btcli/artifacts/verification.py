"""Do a run's files still match its manifest?"""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

from btcli.artifacts.disk import disk
from btcli.artifacts.joining import coming
from btcli.artifacts.manifest import MANIFEST, RunManifest, read_manifest
from btcli.artifacts.run_files import file_outputs
from btcli.digest import digest_of, sha256_of_file, short
from btcli.errors import AccessError, RequestError


class Verification(NamedTuple):
    """A run's manifest, and the files that are missing, changed, or that no run wrote; paths are POSIX."""

    manifest: RunManifest
    missing: tuple[str, ...]
    tampered: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not (self.missing or self.tampered or self.extra)

    @property
    def summary(self) -> str:
        """One sentence."""
        said = [f"{len(names)} {word}: {', '.join(names)}" for word, names in self._findings() if names]
        return "; ".join(said) or f"all {len(self.manifest.outputs.files)} files match"

    @property
    def counts(self) -> str:
        """The same without a name that others chose."""
        said = [f"{len(names)} {word}" for word, names in self._findings() if names]
        return "; ".join(said) or self.summary

    def to_dict(self) -> dict[str, Any]:
        """For machine-readable reports."""
        return {"ok": self.ok, **{word: list(names) for word, names in self._findings()}}

    def _findings(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return ("missing", self.missing), ("tampered", self.tampered), ("extra", self.extra)


def require_as_written(folder: Path, manifest: RunManifest, name: str) -> None:
    """Raise AccessError unless a file of a complete run is the one that its manifest names."""
    if manifest.status != "complete":
        return
    path, written = folder / name, manifest.outputs.files.get(name)
    with disk(path, "read"):
        found = sha256_of_file(path)
    if written is None or found != written.sha256:
        raise AccessError(
            "is not the file that the run wrote: its manifest has another digest",
            where=str(path),
            hint=f"btcli replay {quote(str(folder))} --no-run says which files were changed",
        )


def verify_run(folder: Path) -> Verification:
    """Compare every file of a complete run with the digest in its manifest.

    A manifest whose run id is not the digest of its inputs counts as tampered itself; files that a killed process was
    bringing are no part of the run. Raises RequestError when the run is not complete or no run at all, AccessError
    when it cannot be read.
    """
    manifest = read_manifest(folder)
    if manifest.status != "complete":
        raise RequestError(f"the run is {manifest.status}, not complete", where=str(folder), hint="run it again")
    expected, found = manifest.outputs.files, file_outputs(folder)
    tampered = [name for name in sorted(expected.keys() & found.keys()) if found[name] != expected[name]]
    if short(digest_of(manifest.inputs.model_dump(mode="json"))) != manifest.run_id:
        tampered.append(MANIFEST)
    brought = coming(folder)
    extra = [name for name in found.keys() - expected.keys() if found[name] != brought.get(name)]
    return Verification(
        manifest,
        tuple(sorted(expected.keys() - found.keys())),
        tuple(tampered),
        tuple(sorted(extra)),
    )
