"""A run that decided late or never says so, on screen, in its metrics, and where asked by its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_worlds import SYSTEM, say

WARM = 'features: {ltf: {slow: "ema(close, 100)"}}\nwarmup: {missing: start_late}\n'
ASKED = """\
from btcli.strategies import Direction, Signal, Strategy


class Always(Strategy):
    def decide(self, snapshot):
        return Signal(Direction.LONG, stop_distance=500.0)


class Tiny(Strategy):
    def decide(self, snapshot):
        return None if snapshot.exchange.has_position else Signal(Direction.LONG, stop_distance=1e9)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """January of hourly candles, with nothing stored before it."""
    folder = tmp_path_factory.mktemp("late")
    (folder / "system.yml").write_text(SYSTEM.replace("mtf_trend", "asked.py:Always") + WARM)
    (folder / "asked.py").write_text(ASKED)
    bare = SYSTEM.replace("mtf_trend", "asked.py:Always")
    (folder / "bare.yml").write_text(bare)
    assert say(folder, "data", "sample", "bare.yml").code == 0
    return folder


def test_a_run_that_never_decided_warns_first_of_all(world: Path) -> None:
    """Features that are never ready: exit 0 with the warning before all others, null figures, and no refusals told."""
    said = say(world, "run", "--start", "2024-01-03", "--end", "2024-01-05", "--json")
    envelope = said.envelope
    assert said.code == 0
    assert envelope["warnings"][0].startswith("BTCUSDT: no decision was possible in the whole window: ltf ")
    metrics = envelope["data"]["metrics"]
    assert (metrics["decisions"], metrics["first_decision_ts"]) == (0, None)
    assert metrics["window_before_first_decision_pct"] == 100.0
    told = say(world, "run", "--start", "2024-01-03", "--end", "2024-01-05")
    assert "nothing was ready at any close of the window" in told.out
    assert "Refused" not in told.out
    assert told.err.startswith("warning: BTCUSDT: no decision was possible")


def test_required_decisions_make_it_a_no(world: Path) -> None:
    """With --require-decisions the run is kept, and answered with exit code 1 and the reason."""
    said = say(world, "run", "--start", "2024-01-03", "--end", "2024-01-05", "--require-decisions", "--json")
    assert said.code == 1
    assert [error["code"] for error in said.envelope["errors"]] == ["NoDecisions"]
    assert said.envelope["errors"][0]["message"].startswith("BTCUSDT: no decision was possible")
    assert (Path(world) / said.envelope["data"]["run_dir"] / "metrics.json").is_file()


def test_a_run_that_could_decide_is_no_matter_for_the_option(world: Path) -> None:
    """--require-decisions changes nothing where decisions were possible, even if nothing was wished."""
    said = say(
        world, "run", "bare.yml", "--start", "2024-01-03", "--end", "2024-01-05", "--require-decisions", "--json"
    )
    assert said.code == 0
    assert said.envelope["data"]["metrics"]["decisions"] == 71


def test_a_late_start_gives_the_figures_from_there_on(world: Path) -> None:
    """Warm-up inside the window: the summary names the moment, the share of the window, and figures since then."""
    metrics = say(world, "run", "--json").envelope["data"]["metrics"]
    assert metrics["first_decision_ts"] > "2024-01-05"
    assert 10.0 < metrics["window_before_first_decision_pct"] < 90.0
    since = metrics["since_first_decision"]
    assert since["exposure_pct"] > metrics["exposure_pct"]
    assert since["buy_and_hold_pct"] != metrics["buy_and_hold_pct"]
    out = say(world, "run").out
    assert "From then on" in out
    assert f"first possible at {metrics['first_decision_ts'][:10]}" in out


def test_refusals_show_their_numbers(world: Path) -> None:
    """Summary, metrics and explain tell both numbers of a refusal: here a size below the venue's smallest."""
    tiny = ("--set", "strategy.use=asked.py:Tiny", "--set", "account.initial_equity_usdt=10")
    data = say(world, "run", "bare.yml", *tiny, "--json").envelope["data"]
    (code,) = data["metrics"]["first_refusals"]
    first = data["metrics"]["first_refusals"][code]
    shown = f"{first['have']:.10g} against {first['need']:.10g}"
    assert shown in " ".join(say(world, "show", data["run_id"]).out.split())
    told = say(world, "explain", data["run_id"], "--json").envelope["data"]
    assert told["refused_by_code"] == data["metrics"]["refusals_by_code"]
    assert (told["refusals"][0]["have"], told["refusals"][0]["need"]) == (first["have"], first["need"])
    assert told["filled"] == 0
    drawn = say(world, "explain", data["run_id"]).out
    assert code in drawn
    assert "against" in drawn
