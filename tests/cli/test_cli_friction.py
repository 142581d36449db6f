"""A stranger's strategy that does not trade: the summary says what kept it from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_worlds import say, small_world

from btcli.cli.shown.friction import friction_lines
from btcli.exchange.book.codes import CODE_NAMES
from btcli.legible.codes import MEANINGS

MISTAKES = """\
from btcli.strategies import Direction, Signal, Strategy


class WrongStop(Strategy):
    def decide(self, s):
        return Signal(Direction.LONG, stop_price=s.ltf.close * 1.02)


class NoStop(Strategy):
    def decide(self, s):
        return Signal(Direction.LONG)


class Taking(Strategy):
    def decide(self, s):
        return Signal(Direction.LONG, order="limit", price=s.ltf.close * 1.01, post_only=True, stop_distance=100.0)


class Reducing(Strategy):
    def decide(self, s):
        return Signal(Direction.FLAT, reduce_qty=1.0)


class Peeking(Strategy):
    def decide(self, s):
        return s.others["ETHUSDT"].ltf.close


class Talking(Strategy):
    def decide(self, s):
        return "long"
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of sample data and a file of mistakes."""
    folder = small_world(tmp_path_factory.mktemp("mistakes"))
    (folder / "mistakes.py").write_text(MISTAKES)
    return folder


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("WrongStop", "STOP_BEYOND_FILL 743 (the price was at or beyond the order's own stop; first "),
        ("NoStop", "NO_STOP_TO_SIZE_BY 743 (risk_pct sizes by the distance to the stop, and there was none"),
        ("Taking", "POST_ONLY_WOULD_TAKE 743 (a post-only order would have filled on arrival)"),
        ("Reducing", "743 signals changed nothing: there was no position to close or reduce"),
    ],
)
def test_what_kept_a_strategy_from_trading_is_said(world: Path, name: str, told: str) -> None:
    """Each code with its number and its meaning; 31 days have 743 closes that decide."""
    said = say(world, "run", "--set", f"strategy.use=mistakes.py:{name}")
    assert said.code == 0
    assert told in said.out


def test_an_answer_that_is_no_signal_names_its_place(world: Path) -> None:
    """The line of decide, what came back, and what is wanted."""
    said = say(world, "run", "--set", "strategy.use=mistakes.py:Talking", "--json")
    (error,) = said.envelope["errors"]
    assert said.code == 4
    assert "Talking.decide answered str at the bar that closed 2024-01-01T01:00" in error["message"]
    assert error["where"].endswith("mistakes.py:30")
    assert error["hint"] == "answer with a Signal or None"


def test_other_symbols_are_shown_to_those_who_ask(world: Path) -> None:
    """The error says how to ask."""
    said = say(world, "run", "--set", "strategy.use=mistakes.py:Peeking", "--json")
    (error,) = said.envelope["errors"]
    assert "sees_others = True" in error["message"]


def test_every_code_has_a_meaning() -> None:
    """Whatever the exchange may answer is explained, but for the bracket's own bookkeeping."""
    assert {code for code in CODE_NAMES if code} <= set(MEANINGS)


def test_the_most_frequent_code_is_explained() -> None:
    """The others stand with their numbers alone."""
    metrics = {"entry_attempts": 9, "refusals_by_code": {"DATA_GAP": 1, "DAILY_LOSS": 3}}
    assert list(friction_lines(metrics)) == [
        ("Refused", "DAILY_LOSS 3 [dim](the day had lost risk.daily_loss_pct)[/], DATA_GAP 1 of 9 entries")
    ]
