"""Whatever bytes are handed to an import: rows that a check of values passes, or one error with its place."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
from file_neighbours import MORE
from file_shapes import SHAPES, Shape

from btcli.errors import BtcliError
from btcli.market.health.funding import rate_issues
from btcli.market.health.values import candle_issues, time_issues
from btcli.market.importing import ImportedFile, Said, read_candles_file, read_funding_file
from btcli.market.importing.limits import Limits
from btcli.market.loader import bars_of_frame, rates_of
from btcli.market.reader import rows_of_frame
from btcli.market.store.where import Store
from btcli.timeframe import UNIT_MS, Timeframe
from btcli.tools import registry_for

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

SMALL = Limits(unpacked_bytes=1 << 20, small_bytes=1 << 16, columns=200, json_bytes=1 << 20)
WORDS = [b",", b"\n", b"\r\n", b'"', b"#", b"nan", b"inf", b"-1", b"1e309", b"\x00", b"\xff\xfe", b";", b"\t", b"PAR1"]
WORDS += [b"1704067200000", b"0", b"9" * 25, b"[", b"]", b"{", b"}", b":", b"null", b"true", b"open", b"PK\x03\x04"]
EVERY_LONG = int(os.environ.get("BTCLI_MUTATED_FILES", "10000"))


@st.composite
def mutated(draw: st.DrawFn) -> tuple[Shape, bytes]:
    """One of the shapes with some of its bytes cut, doubled, swapped or replaced."""
    shape = draw(st.sampled_from([each for each in [*SHAPES, *MORE] if each.said.get("rate_in") != "fraction"]))
    content = bytearray(shape.content)
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 6))):
        start = chance.randrange(len(content) + 1)
        end = min(len(content), start + chance.choice((0, 1, 1, 2, 8, 64)))
        piece = bytes(content[start:end])
        content[start:end] = chance.choice(
            (b"", piece * 2, piece[::-1], chance.choice(WORDS), bytes([chance.randrange(256)]))
        )
    return shape, bytes(content)


def read(path: Path, shape: Shape) -> ImportedFile:
    """Read a file as a shape's caller would."""
    said = Said(**shape.said)
    if shape.series == "funding":
        return read_funding_file(path, symbol=shape.symbol, names=shape.names, said=said, limits=SMALL)
    kind = "mark" if shape.series == "mark" else "trade"
    return read_candles_file(path, kind=kind, symbol=shape.symbol, names=shape.names, said=said, limits=SMALL)


def require_sound(file: ImportedFile) -> None:
    """What preflight would call an error is not among the rows."""
    if file.frame.columns[0] == "ts":
        rates = rates_of(rows_of_frame(file.frame))
        issues = [*time_issues(rates.ts, UNIT_MS["h"], 0), *rate_issues(rates)]
    else:
        timeframe = Timeframe.parse(file.detection.timeframe)
        bars = bars_of_frame(file.frame, timeframe)
        issues = [
            *time_issues(bars.ts_open, timeframe.ms, timeframe.origin_ms),
            *candle_issues(bars, timeframe, traded=True),
        ]
    assert [issue.code for issue in issues if issue.severity == "error"] == []
    assert all(np.isfinite(column.to_numpy()).all() for column in file.frame)


def refused_or_read(path: Path, shape: Shape) -> BtcliError | ImportedFile:
    """What comes of a file; every other exception is a bug."""
    try:
        return read(path, shape)
    except BtcliError as error:
        return error


def check(folder: Path, shape: Shape, content: bytes) -> None:
    """An error has its place, or is of an option; rows are sound."""
    path = folder / shape.name
    path.write_bytes(content)
    found = refused_or_read(path, shape)
    if isinstance(found, BtcliError):
        assert found.exit_code in (2, 3)
        assert all(problem.where or problem.message.startswith("--") for problem in found.problems), str(found)
    else:
        require_sound(found)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(mutated())
def test_mutated_files_are_read_rightly_or_refused(tmp_path: Path, case: tuple[Shape, bytes]) -> None:
    """No other exception comes out, and nothing that preflight would refuse goes in."""
    check(tmp_path, *case)


@pytest.mark.long
@settings(max_examples=EVERY_LONG, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_ten_thousand_mutated_files_are_read_rightly_or_refused(tmp_path: Path, case: tuple[Shape, bytes]) -> None:
    """The same over many more files."""
    check(tmp_path, *case)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(mutated(), min_size=2, max_size=3))
def test_a_failed_import_leaves_the_store_as_it_was(tmp_path: Path, cases: list[tuple[Shape, bytes]]) -> None:
    """Of several files none is stored when one cannot be; the file of the store does not even change."""
    folder, paths = tmp_path / "files", []
    folder.mkdir(exist_ok=True)
    for place, (shape, content) in enumerate(cases):
        paths.append(folder / f"{place}-{shape.name}")
        paths[-1].write_bytes(content)
    store = tmp_path / "data" / "market_live.duckdb"
    before = store.read_bytes() if store.exists() else b""
    tools = registry_for(Store(tmp_path / "data"))
    result = tools.execute("import_files", paths=paths, venue="binance", symbol="BTCUSDT", series="trade")
    if not result.ok:
        assert (store.read_bytes() if store.exists() else b"") == before
