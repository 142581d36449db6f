"""The run manifest: what went in, what came out, and how to prove it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from btcli.artifacts.disk import write_whole
from btcli.artifacts.kinds import CheckedEnvironment, Moment
from btcli.artifacts.text import json_bytes
from btcli.errors import AccessError, RequestError
from btcli.timeframe import utc_ms

MANIFEST = "run_manifest.json"
SCHEMA_VERSION: Final = 1
Status = Literal["started", "failed", "interrupted", "complete"]
Sha256 = str
Count = Annotated[int, Field(ge=0, lt=1 << 48)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class WindowInput(_Part):
    """The tested span [start, end) in UTC."""

    start: Moment
    end: Moment

    @property
    def start_ms(self) -> int:
        return utc_ms(self.start)

    @property
    def end_ms(self) -> int:
        return utc_ms(self.end)


class SeriesInput(_Part):
    """A series as it was loaded, warm-up and buffer included; the digest is over its content."""

    series: str
    rows: Count
    first: Moment | None
    last: Moment | None
    sha256: Sha256

    @property
    def first_ms(self) -> int | None:
        return None if self.first is None else utc_ms(self.first)

    @property
    def last_ms(self) -> int | None:
        return None if self.last is None else utc_ms(self.last)


class StrategyInput(_Part):
    """What decided, and the digest of its sources."""

    name: str
    sha256: Sha256


class Inputs(_Part):
    """Everything in the run's identity; `formulas` are those of the window's days, by what they compute."""

    config: dict[str, Any]
    window: WindowInput
    series: tuple[SeriesInput, ...]
    instruments: dict[str, Sha256]
    strategy: StrategyInput
    rules_version: str
    engine_sha256: Sha256
    formulas: dict[str, tuple[dict[str, str | None], ...]] = Field({}, exclude_if=lambda said: not said)


class PreflightRecord(_Part):
    """How the data was checked, and who wrote it; `passed` is None when the check was skipped."""

    passed: bool | None
    attempts: int = 0
    tool_calls: tuple[dict[str, Any], ...] = ()
    provenance: dict[str, tuple[dict[str, Any], ...]] = {}


class FileOutput(_Part):
    """One file of the run, as it was when the run was complete."""

    sha256: Sha256
    size: Count


class Checkpoint(_Part):
    """The exchange's state hash after a number of exec steps."""

    step: int
    state_hash: str


class Outputs(_Part):
    """What the run wrote, by path inside its folder, and the states it went through."""

    files: dict[str, FileOutput] = Field(default_factory=dict)
    state_hash: str | None = None
    checkpoints: tuple[Checkpoint, ...] = ()


class RunManifest(_Part):
    """The whole manifest; `results` and `environment` are recorded and never compared."""

    schema_version: Literal[1] = SCHEMA_VERSION
    run_id: str = Field(pattern=r"^[0-9a-f]{12}$")
    system: Name
    window: Name
    status: Status
    failure: str | None = None
    inputs: Inputs
    preflight: PreflightRecord
    outputs: Outputs = Outputs()
    results: dict[str, Any] = Field(default_factory=dict)
    environment: CheckedEnvironment = Field(default_factory=dict)

    def with_(self, **changes: Any) -> RunManifest:
        """The same manifest with some of its top-level parts replaced, checked again."""
        return RunManifest.model_validate({**dict(self), **changes})


def write_manifest(folder: Path, manifest: RunManifest) -> None:
    """Write it as a whole and durably; raises AccessError when the folder refuses."""
    write_whole(folder / MANIFEST, bytes_of(manifest))


def bytes_of(manifest: RunManifest) -> bytes:
    """The manifest as its file holds it."""
    return json_bytes(manifest.model_dump(mode="json"))


def read_manifest(folder: Path) -> RunManifest:
    """Read the manifest of a run folder.

    Raises RequestError when the folder holds none, AccessError, with every problem and its place,
    when it is damaged or of another version.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        if path.is_symlink():
            raise AccessError("is a link to nothing", where=str(path)) from None
        raise RequestError("is not a run directory", where=str(folder), hint=f"it holds no {MANIFEST}") from None
    except OSError as refusal:
        raise AccessError(f"cannot read: {refusal.strerror or refusal}", where=str(path)) from refusal
    return parse_manifest(content, str(path))


def parse_manifest(content: bytes, where: str) -> RunManifest:
    """The manifest in these bytes; raises AccessError as `read_manifest` does."""
    try:
        return RunManifest.model_validate_json(content)
    except ValidationError as refusal:
        said = "; ".join(f"{_dotted(each['loc'])}{each['msg']}" for each in refusal.errors())
        raise AccessError(f"is not a manifest of version {SCHEMA_VERSION}: {said}", where=where) from None


def _dotted(place: tuple[int | str, ...]) -> str:
    return ".".join(map(str, place)) + ": " if place else ""
