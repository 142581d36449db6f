"""What processes without the user's store and files run a sweep from: inputs and files under their digests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

import btcli
from btcli.artifacts.disk import disk
from btcli.artifacts.environment import platform_tag, versions
from btcli.artifacts.identity import engine_digest
from btcli.artifacts.pack import PackedSeries, read_frame
from btcli.digest import digest_of, sha256_of_bytes, sha256_of_file
from btcli.errors import AccessError, ReplayDiffers
from btcli.exchange import RULES_VERSION
from btcli.exchange.machine.sources import digest_of_sources, sources_below
from btcli.market.reader import rows_of_frame
from btcli.market.series import Rows, Series
from btcli.research.folder import PACK, PLAN
from btcli.simulation.identity import PACKAGE

if TYPE_CHECKING:
    import polars as pl

INDEX, INPUTS, FILES, OBJECTS = "index.json", "inputs", "files", "objects"
SCHEMA: Final = 1
AGAIN = "remove the folder pack: the same command makes it again"


class Slice(PackedSeries):
    """Rows of a series of the store of `env` from `start_ms` until before `end_ms`; their digest names the file."""

    env: str
    start_ms: int
    end_ms: int


class Index(BaseModel):
    """What a pack holds, for which plan, and what has to run it: digests are sha256, paths are absolute."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    pack_schema: Literal[1]
    plan_sha256: str
    made_by: dict[str, str | None]
    folder: str
    beside: str  # the folder of the system file
    imported_from: tuple[str, ...]
    files: dict[str, str]
    links: dict[str, str]
    objects: dict[str, str]  # machine code of btcli, for processors of the kind that packed it
    slices: tuple[Slice, ...]


class Pack(NamedTuple):
    """A pack that was read: `top` is the folder that stands for / in the names of its files, "" where they all lie
    at their own places with the very same bytes.
    """

    folder: Path
    holds: Index
    top: str

    def objects(self) -> dict[str, bytes]:
        """Machine code by its name. Raises AccessError where it is not what was packed."""
        found = {}
        for name, digest in self.holds.objects.items():
            path = self.folder / OBJECTS / name
            if not _is(str(path), digest):
                raise AccessError("is not what was packed", where=str(path), hint=AGAIN)
            found[name] = path.read_bytes()
        return found

    def reader(self, env: str) -> PackReader:
        """What stands for the store of `env`."""
        return PackReader(self.folder, [each for each in self.holds.slices if each.env == env])


class PackReader:
    """Slices of a pack, asked as a store is."""

    def __init__(self, folder: Path, slices: Sequence[Slice]) -> None:
        self._folder, self._slices = folder, slices

    def rows(self, series: Series, start_ms: int, end_ms: int) -> Rows:
        """Rows of a series whose time lies in [start_ms, end_ms). Raises AccessError where the pack has not all."""
        for each in self._slices:
            if series == _series(each) and each.start_ms <= start_ms and end_ms <= each.end_ms:
                return rows_of_frame(_between(self._frame(each), start_ms, end_ms))
        raise AccessError(f"holds not all of {series} that a trial reads", where=str(self._folder), hint=AGAIN)

    def _frame(self, slice: Slice) -> pl.DataFrame:
        try:
            return read_frame(self._folder / INPUTS, slice)
        except ReplayDiffers as error:
            raise AccessError("is not what was packed", where=error.problems[0].where, hint=AGAIN) from None


def here() -> dict[str, str | None]:
    """What decides the bytes of a table beside a plan and its inputs: code, versions and machine."""
    return {
        "btcli": btcli.__version__,
        "engine_sha256": engine_digest(PACKAGE),
        "research_sha256": digest_of_sources(PACKAGE, sources_below(PACKAGE / "research")),
        "rules_version": str(RULES_VERSION),
        "platform": platform_tag(),
        **{name: version for name, version in versions().items() if name != "btcli"},
    }


def read_sweep_pack(sweep: Path, plan_bytes: bytes) -> Pack:
    """Read a pack and check all of it that is no input, which are checked when they are read.

    Raises AccessError for what is missing, is not what was packed, or was packed for another plan.
    """
    folder = sweep / PACK
    index = index_of(folder)
    if index.plan_sha256 != sha256_of_bytes(plan_bytes):
        raise AccessError("is not the plan that the pack beside it was made for", where=str(sweep / PLAN), hint=AGAIN)
    _require_same_code(index.made_by, here())
    if Path(index.folder).is_dir() and all(_is(path, digest) for path, digest in index.files.items()):
        return Pack(folder, index, "")
    top = realpath(folder / FILES)
    for path, digest in index.files.items():
        if not _is(top + path, digest):
            raise AccessError("is not what was packed", where=top + path, hint=AGAIN)
    return Pack(folder, index, top)


def index_of(folder: Path) -> Index:
    """What a pack says that it holds. Raises AccessError for what is no pack."""
    path = folder / INDEX
    with disk(path, "read the pack"):
        content = path.read_bytes()
    try:
        return _checked(content)
    except (ValidationError, ValueError, TypeError, KeyError, RecursionError):
        raise AccessError(f"is not a pack of version {SCHEMA}", where=str(path), hint=AGAIN) from None


def _checked(content: bytes) -> Index:
    import json

    said = json.loads(content)
    digest = said.pop("sha256")
    if digest != digest_of(said):
        raise ValueError("it was changed")
    return Index.model_validate(said)


def _require_same_code(wanted: Mapping[str, str | None], found: Mapping[str, str | None]) -> None:
    """Raise AccessError that names both where what made the pack is not what is to run it."""
    for name in dict.fromkeys((*wanted, *found)):
        if wanted.get(name) != found.get(name):
            what = "btcli's code" if name.endswith("_sha256") else name
            said = f"this worker has {what} {found.get(name)}, the sweep was begun with {wanted.get(name)}"
            hint = "install the same on every machine, in the same versions"
            raise AccessError(said, where=f"{platform_node()} {PACKAGE}", hint=hint)


def platform_node() -> str:
    """The name of this machine."""
    import platform

    return platform.node()


def _series(packed: PackedSeries) -> Series:
    return Series(packed.venue, packed.symbol, packed.kind, packed.timeframe)


def _between(frame: pl.DataFrame, start_ms: int, end_ms: int) -> pl.DataFrame:
    import polars as pl

    ts = pl.col(frame.columns[0])
    return frame.filter((ts >= start_ms) & (ts < end_ms))


def _is(path: str, digest: str) -> bool:
    try:
        return sha256_of_file(Path(path)) == digest
    except OSError:
        return False
