"""What is odd inside the window, from the rows alone, and that it never contradicts the whole check."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from preflight_worlds import DAY, HOUR, MINUTE, candles, funding, ms, series, system, without
from test_preflight_health import EARLY, END, FUNDING, LATE, MARK, SPECS, START, TRADE, world

from btcli.market.health import check_health
from btcli.market.health.inside import is_spotless, odd_rows
from btcli.market.reader import FrameReader
from btcli.market.series import Series
from btcli.market.window import load_window

FIVE = 5 * MINUTE


def odd_in(frames: dict[Series, pl.DataFrame], **changes: Any) -> list[tuple[str, str, int, int | None]]:
    """Kind of series, code, rows and first moment of everything odd in the window."""
    config = system(derive_from="5m", mark_source="mark", **changes)
    window = load_window(config, "w", START, END, {"htf": 2})
    found = odd_rows(FrameReader(frames), config, window, SPECS)
    return [(each.series.split()[2], each.code, each.rows, each.first_ms) for each in found]


def changed(frame: pl.DataFrame, ts: int, bars: int = 1, **columns: float) -> pl.DataFrame:
    """The candles with other values in some bars from `ts` on; a price is a factor, a volume itself."""
    is_meant = (pl.col("ts_open") >= ts) & (pl.col("ts_open") < ts + bars * FIVE)
    new = [
        pl.when(is_meant)
        .then(pl.lit(by) if name == "volume" else pl.col(name) * by)
        .otherwise(pl.col(name))
        .alias(name)
        for name, by in columns.items()
    ]
    return frame.with_columns(new)


WHOLE = candles("5m", EARLY, LATE)


def test_nothing_is_odd_in_healthy_data() -> None:
    """Whole candles, marks and funding."""
    assert odd_in(world()) == []


@pytest.mark.parametrize(
    ("before", "inside"), [(START - FIVE, START), (END, END - FIVE)], ids=["at the start", "at the end"]
)
def test_only_bars_of_the_window_count(before: int, inside: int) -> None:
    """A bar that is missing, or jumps, one bar outside is nobody's business; one bar further in it is."""
    assert odd_in(world(trade=without(WHOLE, before))) == []
    assert odd_in(world(trade=without(WHOLE, inside))) == [("trade", "MISSING", 1, inside)]
    assert odd_in(world(trade=changed(WHOLE, before, high=1.3))) == []
    assert odd_in(world(trade=changed(WHOLE, inside, high=1.3))) == [("trade", "JUMP", 1, inside)]


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ({"trade": changed(WHOLE, START, 11, volume=0.0)}, []),
        ({"trade": changed(WHOLE, START, 12, volume=0.0)}, [("trade", "ZERO_VOLUME_RUN", 12, START)]),
        (
            {"mark": changed(WHOLE, START + HOUR, open=1.06, high=1.06, close=1.04)},
            [("mark", "MARK_APART", 1, START + HOUR)],
        ),
        ({"mark": changed(WHOLE, START + HOUR, high=1.04, close=1.04)}, []),
        ({"trade": without(WHOLE, START, START + DAY)}, [("trade", "MISSING", 2, START)]),
        ({"mark": without(WHOLE, START + HOUR)}, [("mark", "MISSING", 1, START + HOUR)]),
        (
            {"funding": without(funding(EARLY, LATE), START + 8 * HOUR, column="ts")},
            [("funding", "MISSING", 1, START + 8 * HOUR)],
        ),
    ],
)  # fmt: skip
def test_each_kind_is_told_with_its_rows(
    frames: dict[str, pl.DataFrame], expected: list[tuple[str, str, int, int]]
) -> None:
    """How many rows of which series, and the first of them."""
    assert odd_in(world(**frames)) == expected


def test_what_the_venue_confirmed_to_be_empty_is_missing_all_the_same() -> None:
    """Nobody who reads the rows elsewhere knows of the confirmation, and nothing may hang on it."""
    config = system(derive_from="5m", mark_source="mark")
    config.data.gaps = "allow_confirmed"
    window = load_window(config, "w", START, END, {"htf": 2})
    frames = world(trade=without(WHOLE, START + HOUR))
    hole = {TRADE: ((START + HOUR, START + HOUR + FIVE),)}
    report = check_health(FrameReader(frames), config, window, SPECS, hole)
    assert (report.healthy, is_spotless(report)) == (True, False)
    assert [each.code for each in odd_rows(FrameReader(frames), config, window, SPECS)] == ["MISSING"]


@given(seed=st.integers(0, 2**32))
def test_where_the_whole_check_finds_nothing_nothing_is_odd(seed: int) -> None:
    """So that a run whose preflight was spotless needs no second look: a replay looks, and must find the same."""
    random = np.random.default_rng(seed)
    frames = {}
    for name, frame in ((TRADE, WHOLE), (MARK, candles("5m", EARLY, LATE, seed=1)), (FUNDING, funding(EARLY, LATE))):
        broken = frame
        ts = int(random.choice(np.arange(EARLY, LATE, FIVE)))
        kind = random.integers(0, 12)
        if name is not FUNDING and kind < 3:
            scales = [{"high": 1.3}, {"low": 0.7}, {"volume": 0.0}][kind]
            broken = changed(frame, ts, int(random.integers(1, 20)), **scales)
        elif kind == 3:
            broken = frame.filter(pl.col(frame.columns[0]) % (5 * DAY) != ts // (8 * HOUR) * (8 * HOUR) % (5 * DAY))
        frames[name] = broken
    config = system(derive_from="5m", mark_source="mark")
    window = load_window(config, "w", START, END, {"htf": 2})
    if is_spotless(check_health(FrameReader(frames), config, window, SPECS)):
        assert odd_rows(FrameReader(frames), config, window, SPECS) == ()


def test_contradicting_timeframes_are_odd() -> None:
    """A stored hour whose five minutes say otherwise, inside the window."""
    config = system(("5m", "5m", "5m", "1h"))
    window = load_window(config, "w", START, END, {"htf": 2})
    hours = candles("1h", EARLY, LATE, seed=2)
    reader = FrameReader({TRADE: WHOLE, series("trade", "1h"): hours, FUNDING: funding(EARLY, LATE)})
    found = {each.code: each for each in odd_rows(reader, config, window, SPECS)}
    assert found["CONTRADICTED"].rows == (END - START) // HOUR
    assert found["CONTRADICTED"].first_ms == START == ms("2024-01-10")
