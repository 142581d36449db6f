"""Files as people really have them: the right rows, or a refusal that names the file and a way out."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_shapes import SHAPES, Shape

from btcli.errors import BtcliError
from btcli.market.importing import ImportedFile, Said, read_candles_file, read_funding_file
from btcli.timeframe import Timeframe


def read(folder: Path, shape: Shape) -> ImportedFile:
    """Read a shape as the caller says it."""
    path = folder / shape.name
    path.write_bytes(shape.content)
    said = Said(**shape.said)
    if shape.series == "funding":
        return read_funding_file(path, symbol=shape.symbol, names=shape.names, said=said)
    length = Timeframe.parse(shape.timeframe) if shape.timeframe else None
    kind = "mark" if shape.series == "mark" else "trade"
    return read_candles_file(path, kind=kind, symbol=shape.symbol, timeframe=length, names=shape.names, said=said)


@pytest.mark.parametrize("shape", [each for each in SHAPES if each.rows is not None], ids=lambda each: each.id)
def test_a_file_of_this_shape_holds_these_rows(tmp_path: Path, shape: Shape) -> None:
    """Opens in UTC, coins, fractions; and the account says what it must."""
    file = read(tmp_path, shape)
    assert [tuple(row) for row in file.frame.rows()] == [pytest.approx(row) for row in shape.rows or ()]
    told = [claim.sentence() for claim in file.detection.claims]
    assert set(shape.meaning) <= set(told)
    assert shape.notes in " ".join(file.detection.notes)
    assert file.detection.symbol == "BTCUSDT"


@pytest.mark.parametrize("shape", [each for each in SHAPES if each.rows is None], ids=lambda each: each.id)
def test_a_file_of_this_shape_is_refused(tmp_path: Path, shape: Shape) -> None:
    """Exit 2 or 3, the file's name, and what to do."""
    with pytest.raises(BtcliError, match=f"(?s){shape.refused}") as caught:
        read(tmp_path, shape)
    assert caught.value.exit_code in (2, 3)
    assert shape.name.partition(".gz")[0] in str(caught.value) or "--" in caught.value.problems[0].message
