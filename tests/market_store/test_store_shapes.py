"""Files as people really have them: the right rows, or a refusal that names the file and a way out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from file_neighbours import MORE
from file_shapes import CANDLES, PLAIN, SHAPES, TIMES, Shape, text

from btcli.errors import BtcliError, RequestError
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


@pytest.mark.parametrize(
    "shape", [each for each in [*SHAPES, *MORE] if each.rows is not None], ids=lambda each: each.id
)
def test_a_file_of_this_shape_holds_these_rows(tmp_path: Path, shape: Shape) -> None:
    """Opens in UTC, coins, fractions; and the account says what it must."""
    file = read(tmp_path, shape)
    assert [tuple(row) for row in file.frame.rows()] == [pytest.approx(row) for row in shape.rows or ()]
    told = [claim.sentence() for claim in file.detection.claims]
    assert set(shape.meaning) <= set(told)
    assert shape.notes in " ".join(file.detection.notes)
    assert file.detection.symbol == "BTCUSDT"


@pytest.mark.parametrize("shape", [each for each in [*SHAPES, *MORE] if each.rows is None], ids=lambda each: each.id)
def test_a_file_of_this_shape_is_refused(tmp_path: Path, shape: Shape) -> None:
    """Exit 2 or 3, the file's name, and what to do."""
    with pytest.raises(BtcliError, match=f"(?s){shape.refused}") as caught:
        read(tmp_path, shape)
    assert caught.value.exit_code in (2, 3)
    assert shape.name.partition(".gz")[0] in str(caught.value) or "--" in caught.value.problems[0].message


def test_a_last_candle_that_was_in_progress_when_the_file_was_written_is_left_out(tmp_path: Path) -> None:
    """The time of the file tells; one that was copied later says nothing of that."""
    path = tmp_path / "BTCUSDT-1h.csv"
    path.write_bytes(text(PLAIN))
    os.utime(path, (TIMES[3] / 1000 + 600, TIMES[3] / 1000 + 600))
    file = read_candles_file(path)
    assert file.frame["ts_open"].to_list() == list(TIMES[:3])
    assert "1 candles not closed yet were left out" in file.detection.notes
    os.utime(path, (TIMES[3] / 1000 + 3600, TIMES[3] / 1000 + 3600))
    assert read_candles_file(path).frame.height == 4


def test_a_name_that_was_not_needed_is_told(tmp_path: Path) -> None:
    """Nothing that was said is ignored in silence."""
    path = tmp_path / "BTCUSDT-1h.csv"
    path.write_bytes(text(PLAIN))
    notes = read_candles_file(path, said=Said(as_named=("ETHUSDT",))).detection.notes
    assert notes == ("--as-named ETHUSDT was not needed: nothing in the file has this name",)


def test_a_column_of_quote_volume_can_be_left_out_of_account(tmp_path: Path) -> None:
    """The refusal names the way, and the way works."""
    path = tmp_path / "BTCUSDT-1h.csv"
    path.write_bytes(text(PLAIN + ",amount", row="{t},{o},{h},{l},{c},{v},9"))
    with pytest.raises(RequestError, match="--as-named amount"):
        read_candles_file(path)
    assert read_candles_file(path, said=Said(as_named=("amount",))).frame.rows() == CANDLES


def test_lines_are_named_where_rows_and_lines_part(tmp_path: Path) -> None:
    """Behind a preface, empty lines and comments, in a file out of order, the line is that of the file."""
    path = tmp_path / "BTCUSDT-1h.csv"
    lines = text(PLAIN).decode().splitlines()
    wrong = lines[3].replace("42250.0", "1")
    path.write_text(
        "\n".join(["made by hand", "", lines[0], lines[4], "", "# aside", lines[2], wrong, lines[1]]) + "\n"
    )
    with pytest.raises(RequestError, match=r"^BTCUSDT-1h\.csv:8 no candle can be open 42150 high 1 "):
        read_candles_file(path)
