"""What a strategy claims of itself is checked at a sample of closes, and what is not true ends the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_worlds import Said, say
from pass_worlds import market, metrics_of, project

CLAIMING = """\
from btcli.strategies import Direction, Signal, Strategy
HEAD

class S(Strategy):
    CLAIM
    features = {"ltf": {"mean": "sma(close, 5)"}}
    asked = 0

    def decide(self, snapshot):
        self.asked += 1
        state, ltf, side = snapshot.exchange, snapshot.ltf, Direction.LONG
        enter = Signal(side, stop_distance=0.5, target_distance=0.5)
        return ANSWER
"""
BY_MARKET, NOT_IN_POSITION = "decides_by_market = True", "decides_in_position = False"
BOTH = f"{BY_MARKET}; {NOT_IN_POSITION}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The candles of all these runs."""
    return market(tmp_path_factory.mktemp("market"))


def source(claim: str, answer: str, head: str = "") -> str:
    """A strategy that claims something and answers so."""
    return CLAIMING.replace("HEAD", head).replace("CLAIM", claim).replace("ANSWER", answer)


def run(folder: Path, store: Path, text: str, *words: object, shape: str = "one") -> Said:
    """What `btcli run` says of such a strategy."""
    return say(project(folder, text, shape), "run", "--data", store, *words)


@pytest.mark.parametrize(
    ("claim", "answer", "head", "said"),
    [
        (BY_MARKET, "None if state.has_position else enter", "", "shown another account"),
        (BY_MARKET, "Signal(side, stop_distance=state.equity_usdt / 2e4)", "", "shown another account"),
        (BY_MARKET, "Signal(side, stop_distance=state.available_balance_usdt / 2e4)", "", "shown another account"),
        (BOTH, "Signal(side, stop_distance=state.cash_usdt / 2e4, target_distance=0.5)", "", "shown another account"),
        (BY_MARKET, "enter if self.asked < 3 else None", "", "asked again"),
        (BY_MARKET, "Signal(side, stop_distance=1 + self.asked % 7 / 10)", "", "asked again"),
        (BY_MARKET, "enter if SEEN.append(1) or len(SEEN) < 4 else None", "SEEN = []", "asked again"),
        (BY_MARKET, "Signal(side, stop_distance=1 + os.urandom(1)[0] / 1e4)", "import os", "asked again"),
        (BY_MARKET, "Signal(side, stop_distance=time.time() % 10)", "import time", "asked again"),
        (NOT_IN_POSITION, "Signal(Direction.FLAT) if state.has_position else enter", "", "FLAT while long"),
        (
            NOT_IN_POSITION,
            "Signal(Direction.FLAT) if state.unrealized_pnl_usdt < -0.2 else Signal(side, stop_distance=30.0)",
            "",
            "FLAT while long",
        ),
        (NOT_IN_POSITION, "Signal(side, stop_distance=9.0, add=True)", "", "LONG (stop_distance 9) while long"),
        (NOT_IN_POSITION, "Signal(side, add_margin_usdt=1.0)", "", "LONG while long"),
        (NOT_IN_POSITION, "Signal(side, cancel=True)", "", "LONG while long"),
        (
            NOT_IN_POSITION,
            "Signal(Direction(-side), reduce_only=True) if state.side else enter",
            "",
            "SHORT while long",
        ),
        (NOT_IN_POSITION, "Signal(side, stop_distance=1 + self.asked % 7 / 10)", "", "asked again"),
    ],
)
def test_a_false_claim_ends_the_run(claim: str, answer: str, head: str, said: str, store: Path, tmp_path: Path) -> None:
    """Exit code 4, the claim, the bar and what was answered at it, and the line of `decide`."""
    done = run(tmp_path / "p", store, source(claim, answer, head), "--json")
    assert done.code == 4, done.out
    (error,) = done.envelope["errors"]
    assert error["code"] == "StrategyError"
    assert f"S says {claim.partition(';')[0]}, which is not true" in error["message"]
    assert "at the bar of BTCUSDT that closed 2024-01-0" in error["message"]
    assert said in error["message"]
    assert error["where"].endswith("s.py:9")
    opposite = "decides_in_position = True" if claim == NOT_IN_POSITION else "decides_by_market = False"
    assert error["hint"].startswith(f"write {opposite} in the class")


@pytest.mark.parametrize(
    ("claim", "answer"),
    [
        (BY_MARKET, "enter"),
        (BY_MARKET, "enter if ltf.close > ltf['mean'] else None"),
        (BOTH, "enter if ltf.close > ltf['mean'] else None"),
        (BOTH, "None if state.has_position else enter"),
        (NOT_IN_POSITION, "enter"),
        (NOT_IN_POSITION, "None if state.has_position else enter"),
        (NOT_IN_POSITION, "1 / 0 if state.has_position else enter"),
        (NOT_IN_POSITION, "Signal(side, stop_distance=state.equity_usdt / 2e4, target_distance=0.5)"),
        (NOT_IN_POSITION, "Signal(Direction.FLAT) if not state.has_position else None"),
    ],
)
@pytest.mark.parametrize("shape", ["one", "two"])
def test_a_true_claim_changes_nothing(claim: str, answer: str, shape: str, store: Path, tmp_path: Path) -> None:
    """The run ends as without it, on every path; a question in a position that nobody will ask may well raise."""
    done = run(tmp_path / "claiming", store, source(claim, answer), shape=shape)
    assert (done.code, done.err) == (0, "")
    if "1 / 0" in answer:
        answer = "None if state.has_position else enter"
    assert run(tmp_path / "silent", store, source("pass", answer), shape=shape).code == 0
    assert _without_effort(metrics_of(tmp_path / "claiming")) == _without_effort(metrics_of(tmp_path / "silent"))


def _without_effort(metrics: dict[str, Any]) -> dict[str, Any]:
    """Without what counts the questions themselves."""
    return {name: value for name, value in metrics.items() if name not in ("signals_ignored", "decisions")}


def test_a_claim_that_was_inherited_is_held_to_the_class(store: Path, tmp_path: Path) -> None:
    """Whoever extends a strategy that claims something, and closes as well, is told to take it back."""
    text = source(BOTH, "enter") + "\n\nclass Closing(S):\n    TAKEN_BACK\n\n    def decide(self, snapshot):\n"
    text += "        return Signal(Direction.FLAT) if snapshot.exchange.has_position else super().decide(snapshot)\n"
    named = ("--set", "strategy.use=s.py:Closing")
    done = run(tmp_path / "p", store, text.replace("TAKEN_BACK", ""), *named)
    assert done.code == 4, done.err
    assert "Closing says decides_in_position = False, which is not true" in " ".join(done.err.split())
    taken_back = "decides_by_market = False; decides_in_position = True"
    assert run(tmp_path / "q", store, text.replace("TAKEN_BACK", taken_back), *named).code == 0


def test_a_claim_of_no_effect_is_not_checked(store: Path, tmp_path: Path) -> None:
    """Where an opposite signal closes, the strategy is asked in a position whatever it says of itself."""
    text = source(NOT_IN_POSITION, "Signal(Direction.FLAT) if state.has_position else enter")
    assert run(tmp_path / "p", store, text, "--set", "risk.on_opposite_signal=close").code == 0


def test_the_claim_of_one_symbol_is_checked(store: Path, tmp_path: Path) -> None:
    """A strategy of its own is held to what it says, and the bar is that of its symbol."""
    text = source("pass", "enter") + f"\n\nclass Other(S):\n    {BY_MARKET}\n    def decide(self, snapshot):\n"
    text += "        return None if snapshot.exchange.has_position else super().decide(snapshot)\n"
    done = run(tmp_path / "p", store, text, "--json", shape="per_symbol")
    assert done.code == 4
    assert "Other says decides_by_market = True, which is not true: at the bar of ETHUSDT" in done.out
