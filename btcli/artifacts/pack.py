"""A pack: the exact input slices, instruments and strategy sources of a run, so that a replay needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from btcli.artifacts.disk import disk
from btcli.artifacts.reading import read_object
from btcli.artifacts.text import json_bytes
from btcli.digest import sha256_of_bytes
from btcli.errors import AccessError, ReplayDiffers
from btcli.market.digesting import digest_of_frame
from btcli.market.reader import FrameReader
from btcli.market.series import OtherKind, Series, SeriesKind
from btcli.market.signals.rows import AVAILABLE_AT

if TYPE_CHECKING:
    import polars as pl

PACK = "pack"
INDEX, INSTRUMENTS, STRATEGY = "index.json", "instruments.json", "strategy"
PACK_SCHEMA: Final = 1


class PackedSeries(BaseModel):
    """One series of a pack; the digest is over its content, as in the manifest's inputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    venue: str
    symbol: str
    kind: SeriesKind | OtherKind
    timeframe: str
    file: str
    rows: int
    sha256: str


class PackIndex(BaseModel):
    """What a pack holds; digests of the strategy's files are over their bytes, by POSIX path."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    pack_schema: Literal[1]
    series: tuple[PackedSeries, ...]
    instruments_sha256: str
    strategy: dict[str, str]


class Pack(NamedTuple):
    """A pack that was read and found whole; `signals` are the rows of a file of the user's, by symbol."""

    reader: FrameReader
    instruments: dict[str, Any]
    strategy_folder: Path
    contents: PackIndex
    signals: Mapping[str, pl.DataFrame]


def write_pack(
    folder: Path,
    frames: Mapping[Series, pl.DataFrame],
    instruments: Mapping[str, Any],
    sources: Mapping[str, bytes],
) -> None:
    """Write a pack into `folder`, which must not exist yet.

    `instruments` are plain values; `sources` are the user's strategy modules by POSIX path relative to
    their project. Raises AccessError when the folder refuses.
    """
    series = tuple(_packed(place, name, frame) for place, (name, frame) in enumerate(sorted(frames.items()), 1))
    specs = json_bytes(dict(instruments))
    index = PackIndex(
        pack_schema=PACK_SCHEMA,
        series=series,
        instruments_sha256=sha256_of_bytes(specs),
        strategy={name: sha256_of_bytes(content) for name, content in sorted(sources.items())},
    )
    with disk(folder):
        folder.mkdir(parents=True)
        for each, (_, frame) in zip(series, sorted(frames.items()), strict=True):
            write_frame(folder / each.file, frame)
        for name, content in sources.items():
            path = _inside(folder / STRATEGY, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (folder / INSTRUMENTS).write_bytes(specs)
        (folder / INDEX).write_bytes(json_bytes(index.model_dump(mode="json")))


def read_pack(folder: Path) -> Pack:
    """Read a pack and check all of it against its index.

    Raises AccessError when something is missing or unreadable, ReplayDiffers when something is not what
    was packed.
    """
    index = _read_index(folder)
    with disk(folder, "read the pack"):
        specs = (folder / INSTRUMENTS).read_bytes()
        sources = {name: _inside(folder / STRATEGY, name).read_bytes() for name in index.strategy}
    _require(sha256_of_bytes(specs) == index.instruments_sha256, folder / INSTRUMENTS)
    for name, content in sources.items():
        _require(sha256_of_bytes(content) == index.strategy[name], folder / STRATEGY / name)
    _require_no_more(folder / STRATEGY, index.strategy)
    frames = {_series(each): read_frame(folder, each) for each in index.series}
    signals = {series.symbol: frame for series, frame in frames.items() if series.kind == "signals"}
    stored = {series: frame for series, frame in frames.items() if series.kind != "signals"}
    return Pack(FrameReader(stored), read_object(folder / INSTRUMENTS), folder / STRATEGY, index, signals)


def _packed(place: int, series: Series, frame: pl.DataFrame) -> PackedSeries:
    named = "_".join(part for part in (f"{place:02}", series.symbol, series.kind, series.timeframe) if part)
    return PackedSeries(**series._asdict(), file=f"{named}.parquet", rows=frame.height, sha256=digest_of_frame(frame))


def _series(packed: PackedSeries) -> Series:
    return Series(packed.venue, packed.symbol, packed.kind, packed.timeframe)


def _read_index(folder: Path) -> PackIndex:
    path = folder / INDEX
    with disk(path, "read the pack"):
        content = path.read_bytes()
    try:
        return PackIndex.model_validate_json(content)
    except ValidationError as refusal:
        first = refusal.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise AccessError(f"is not a pack of version {PACK_SCHEMA}: {place} {first['msg']}", where=str(path)) from None


def write_frame(file: Path, frame: pl.DataFrame) -> None:
    """Write rows of a series as a pack keeps them. Raises OSError where there is no room."""
    content = BytesIO()  # of a full disk polars says that the file is out of specification
    frame.write_parquet(content, compression="zstd", compression_level=9)
    file.write_bytes(content.getbuffer())


def read_frame(folder: Path, packed: PackedSeries) -> pl.DataFrame:
    """The rows of a series of a pack. Raises AccessError for what is no such file, ReplayDiffers for other rows."""
    import polars as pl

    from btcli.market.schema import CANDLE_SCHEMA, FUNDING_SCHEMA

    path = _inside(folder, packed.file)
    with disk(path, "read the pack"):
        content = path.read_bytes()
    try:
        frame = pl.read_parquet(content)
    except (pl.exceptions.PolarsError, OSError, ValueError) as refusal:
        raise AccessError(f"is not a readable Parquet file: {refusal}", where=str(path)) from None
    if packed.kind == "signals":
        numbers = dict.fromkeys(frame.columns[1:], pl.Float64)
        is_so = frame.schema == {AVAILABLE_AT: pl.Int64, **numbers} and frame.columns[:1] == [AVAILABLE_AT]
    else:
        is_so = frame.schema == (FUNDING_SCHEMA if packed.kind == "funding" else CANDLE_SCHEMA)
    same = is_so and frame.height == packed.rows and digest_of_frame(frame) == packed.sha256
    _require(same, path)
    return frame


def _require_no_more(folder: Path, names: Mapping[str, str]) -> None:
    """Nothing lies beside the packed sources that Python could take for one of them, such as compiled files."""
    with disk(folder, "read the pack"):
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    for name in sorted(found ^ names.keys()):
        _require(False, folder / name)
    for name in names:
        _require(name.endswith(".py") and not (folder / name).is_symlink(), folder / name)


def _inside(folder: Path, name: str) -> Path:
    """The path of a packed file; raises AccessError for a name that leads out of the folder."""
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts:
        raise AccessError(f"{name} leads out of the pack", where=str(folder))
    return folder / relative


def _require(same: bool, path: Path) -> None:
    if not same:
        raise ReplayDiffers("is not what was packed", where=str(path), hint="take an untouched copy of the run")
