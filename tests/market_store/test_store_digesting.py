"""The digest of data is over what it says."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.market.digesting import digest_of_frame, digest_of_rows, row_marks
from btcli.market.series import Settlements

FRAME = pl.DataFrame({"ts": [1, 2, 3], "rate": [0.1, -0.2, 0.3]})
# printf of 3, "ts", "Int64", 1 2 3, "rate", "Float64", 0.1 -0.2 0.3, each after its length in 8 bytes, into sha256sum
BY_HAND = "0676fecad15430a04756c52138b6e5a7a476085e85946f2ac8c44a00060a6df7"


def test_the_digest_is_the_documented_one() -> None:
    """Row count, then name, type and little-endian values of each column, every part after its length."""
    assert digest_of_frame(FRAME) == BY_HAND


@given(st.permutations(range(6)))
def test_the_order_of_rows_and_chunks_does_not_count(order: list[int]) -> None:
    """Also when the first column repeats."""
    rows = [(1, 0.5), (1, 0.25), (2, 0.5), (3, 0.5), (3, 0.75), (4, 0.0)]
    sorted_frame = pl.DataFrame(sorted(rows), schema=FRAME.schema, orient="row")
    chunks = [pl.DataFrame([rows[at]], schema=FRAME.schema, orient="row") for at in order]
    assert digest_of_frame(pl.concat(chunks, rechunk=False)) == digest_of_frame(sorted_frame)


@pytest.mark.parametrize(
    "other",
    [
        FRAME.rename({"rate": "rates"}),
        FRAME.with_columns(rate=pl.Series([0.1, -0.2, 0.30000000000000004])),
        FRAME.with_columns(ts=pl.Series([1, 2, 4])),
        FRAME.head(2),
        FRAME.cast({"ts": pl.Float64}),
        FRAME.select("rate", "ts"),
    ],
    ids=["name", "last bit", "time", "fewer", "type", "order of columns"],
)
def test_every_difference_of_content_counts(other: pl.DataFrame) -> None:
    """A name, a type, a row, a single bit."""
    assert digest_of_frame(other) != digest_of_frame(FRAME)


def test_zeros_and_nans_have_one_form() -> None:
    """-0.0 is 0.0, and a NaN is a NaN whatever its bits."""
    one = pl.DataFrame({"x": [0.0, float("nan")]})
    other = pl.DataFrame({"x": [-0.0, -float("nan")]})
    assert digest_of_frame(one) == digest_of_frame(other)


def test_nulls_and_other_types_have_no_digest() -> None:
    """Neither belongs into stored data."""
    with pytest.raises(ValueError, match="null"):
        digest_of_frame(pl.DataFrame({"x": [1.0, None]}))
    with pytest.raises(ValueError, match="Int64 and Float64"):
        digest_of_frame(pl.DataFrame({"x": ["a"]}))


def test_the_frame_is_left_as_it_was() -> None:
    """Digesting changes no value of the caller's."""
    frame = pl.DataFrame({"x": [-0.0, 1.0]})
    digest_of_frame(frame)
    assert str(frame["x"][0]) == "-0.0"


def test_rows_have_the_digest_of_their_frame() -> None:
    """Rows as arrays say the same as a frame, in any order, with zeros and NaNs in one form."""
    times, rates = np.array([3, 1, 2]), np.array([0.3, 0.1, -0.2])
    assert digest_of_rows(Settlements(times, rates)) == BY_HAND
    assert digest_of_rows(Settlements(np.array([1]), np.array([-0.0]))) == digest_of_frame(
        pl.DataFrame({"ts": [1], "rate": [0.0]})
    )


def test_a_digest_of_many_rows_is_that_of_their_parts_in_one() -> None:
    """The values go into the digest block by block, as if they were one piece."""
    count = 40_000
    times, rates = np.arange(count), np.linspace(-1.0, 1.0, count)
    parts = (str(count).encode(), b"ts", b"Int64", times.tobytes(), b"rate", b"Float64", rates.tobytes())
    by_hand = hashlib.sha256(b"".join(len(part).to_bytes(8, "little") + part for part in parts)).hexdigest()
    assert digest_of_rows(Settlements(times, rates)) == by_hand
    assert len(row_marks(Settlements(times, rates))) == 2 * count


def test_row_marks_of_a_block_are_those_of_its_rows() -> None:
    """Each row has the mark that it has alone, wherever it lies."""
    times, rates = np.arange(20_000), np.sin(np.arange(20_000.0))
    marks = row_marks(Settlements(times, rates))
    for row in (0, 16_383, 16_384, 19_999):
        alone = row_marks(Settlements(times[row : row + 1], rates[row : row + 1]))
        assert marks[2 * row : 2 * row + 2] == alone
