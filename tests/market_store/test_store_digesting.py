"""The digest of data is over what it says."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.market.digesting import digest_of_frame

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
