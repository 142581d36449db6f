"""The block that the table of trades is drawn from, and the fields that narrow it down."""

from __future__ import annotations

import json
import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_reading import said_in
from recorded_values import HOUR, START, trades_of
from report_contents import content

from btcli.legible.figures import money
from btcli.report.sections.trades import cents, packed, trades

ROWS: list[dict[str, Any]] = [
    {"net_pnl_usdt": 12.345, "tag": "b", "entry_price": 42523.8, "qty": 0.369, "entry_ts": 0, "exit_ts": 1},
    {"net_pnl_usdt": -0.125, "side": "short", "exit_reason": "target", "ambiguous": True, "entry_ts": 2, "exit_ts": 5},
    {"net_pnl_usdt": 0.001, "tag": "a", "symbol": "ETHUSDT", "entry_ts": 3, "exit_ts": 4},
    {"net_pnl_usdt": 0.0, "tag": "b", "fees_usdt": 1234.5, "entry_ts": 3, "exit_ts": 4},
]


def block_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The values that the page's script unpacks."""
    said = re.search(
        '<script type="application/json" class="trade-rows">(.*?)</script>', trades(content(trades=trades_of(rows)))
    )
    assert said
    return json.loads(said[1])  # type: ignore[no-any-return]


def test_words_stand_once_and_no_word_comes_last() -> None:
    """Two tags and a trade without one: each row has the place of its word."""
    assert block_of(ROWS)["tag"] == {"words": ["a", "b", "–"], "at": [1, 2, 0, 1]}
    assert block_of(ROWS)["side"] == {"words": ["long", "short"], "at": [0, 1, 0, 0]}


def test_moments_are_steps_that_sum_up_to_them() -> None:
    """The first from 1970 on, the others from the one before."""
    assert block_of(ROWS)["entry_ts"] == [START, 2 * HOUR, 1 * HOUR, 0]
    assert block_of(ROWS)["exit_ts"] == [START + HOUR, 4 * HOUR, -1 * HOUR, 0]


def test_amounts_are_whole_cents_as_they_are_rounded_everywhere() -> None:
    """12.345 lies below 12.345, and -0.125 between two cents goes to the even one, as in every other figure."""
    assert block_of(ROWS)["net_pnl_usdt"] == [1235 if money(12.345) == "12.35" else 1234, -12, 0, 0]
    assert block_of(ROWS)["fees_usdt"] == [0, 0, 0, 123450]


def test_whether_a_trade_won_is_told_by_its_exact_result() -> None:
    """A tenth of a cent is a gain, though it is shown as 0.00."""
    assert block_of(ROWS)["won"] == [1, -1, 1, 0]


def test_prices_and_quantities_keep_every_digit() -> None:
    """They are read as they are recorded."""
    assert block_of(ROWS)["entry_price"] == [42523.8, 100.0, 100.0, 100.0]
    assert block_of(ROWS)["qty"][0] == 0.369
    assert block_of(ROWS)["ambiguous"] == [0, 1, 0, 0]


@given(st.floats(-1e12, 1e12))
def test_cents_are_the_digits_of_the_figure(value: float) -> None:
    """Putting point and commas back gives what `money` says; nothing is rounded a second time."""
    whole, rest = divmod(abs(cents(value)), 100)
    said = f"{'-' if cents(value) < 0 else ''}{whole:,}.{rest:02}"
    assert said == money(value).replace("-0.00", "0.00")


def test_there_is_a_choice_for_each_column_of_words_that_has_several() -> None:
    """Every word once, and the trades without a tag; the values are the places of the words."""
    said = trades(content(trades=trades_of(ROWS)))
    assert said_in(said, "option") == [
        *("every symbol", "BTCUSDT", "ETHUSDT"),
        *("every side", "long", "short"),
        *("every tag", "a", "b", "none"),
        *("every exit", "stop", "target"),
        *("won or lost", "won", "lost"),
    ]


def test_a_column_of_tags_stands_only_where_there_are_any() -> None:
    """A run whose signals have no tags has no empty column."""
    assert "tag" not in block_of([{}])
    assert "tag" not in said_in(trades(content(trades=trades_of([{}]))), "th")


def test_a_run_without_trades_says_so() -> None:
    """There is no table to sort."""
    said = trades(content())
    assert said_in(said, "p") == ["There are no trades."]
    assert "<table" not in said


@pytest.mark.parametrize("name", ["</script><img src=x onerror=alert(1)>", "\x1b[31m", "\u202e", "<!--", "&lt;"])
def test_a_hostile_tag_stays_a_text(name: str) -> None:
    """In the block it ends no element, in the choices it is escaped, and controls are shown."""
    said = trades(content(trades=trades_of([{"tag": name}, {"tag": "b"}])))
    assert "<img" not in said
    assert "<!--" not in said
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_column_without_a_value_is_packed_as_such() -> None:
    """A price that does not exist is null."""
    assert packed(pl.Series([1.5, None]), "number") == [1.5, None]
