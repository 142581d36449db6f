"""What a day of work meets: a new project's name and next step, own features that are misspelt, two runs compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_worlds import say, small_world

FEATURES = """\
from btcli.strategies import Strategy


class Misspelt(Strategy):
    features = {
        "ltf": {"mean": "sma(close, 3)"},
        "htf": {"trend": "emma(close, 3)"},
    }

    def decide(self, snapshot):
        return None
"""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with a system file and January of sample data."""
    small_world(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "name", "enter"),
    [
        ("mine", "mine", "cd mine && "),
        ("my proj", "my_proj", "cd 'my proj' && "),
        ("über", "ber", "cd 'über' && "),
        ("a/b.c", "b_c", "cd a/b.c && "),
        ("...x", "x", "cd ...x && "),
    ],
)
def test_a_new_project_is_called_after_its_folder(tmp_path: Path, folder: str, name: str, enter: str) -> None:
    """The system has the folder's name, as far as names go, and the next step can be pasted."""
    said = say(tmp_path, "init", folder)
    assert f"system: {name}\n" in (tmp_path / folder / "system.yml").read_text()
    assert said.out.splitlines()[-1] == f"next: {enter}btcli data sample && btcli run"
    assert say(tmp_path / folder, "preflight").code == 1  # the file is valid, and there is no data yet


def test_a_project_in_the_folder_one_is_in_needs_no_step_into_it(tmp_path: Path) -> None:
    """Without a name it is made here."""
    (tmp_path / "here").mkdir()
    assert say(tmp_path / "here", "init").out.splitlines()[-1] == "next: btcli data sample && btcli run"
    assert "system: here\n" in (tmp_path / "here" / "system.yml").read_text()


def test_a_strategys_own_feature_is_wrong_in_its_own_file(world: Path) -> None:
    """The place is the line and column of the expression in the .py file, and where overridden, the override."""
    (world / "own.py").write_text(FEATURES)
    own = ("--set", "strategy.use=own.py:Misspelt")
    (error,) = say(world, "preflight", *own, "--json").envelope["errors"]
    assert error["where"] == "own.py:7:26"
    assert error["message"].startswith("features.htf.trend: unknown function 'emma'")
    mended = ("--set", "features={htf: {trend: 'ema(close, 3)'}, ltf: {mean: 'smaa(close, 3)'}}")
    (error,) = say(world, "preflight", *own, *mended, "--json").envelope["errors"]
    assert error["where"] == "--set features.ltf.mean"
    assert error["message"].startswith("unknown function 'smaa'")


def test_a_missing_warm_up_says_who_asks_and_three_ways_out(world: Path) -> None:
    """The feature with its bars, the first start that has them, and the key that starts late: each works."""
    slow = ("--set", "features={htf: {slow: 'sma(close, 300)'}}")
    (error,) = say(world, "preflight", *slow, "--json").envelope["errors"]
    assert "the warm-up of htf.slow (sma(close, 300), 299 bars) asks for them" in error["hint"]
    begin = error["hint"].partition("begin at ")[2][:16].replace(" ", "T")
    later = ("--set", f"windows={{jan: {{start: {begin}, end: 2024-01-31}}}}")
    assert say(world, "preflight", *later, *slow).code == 0
    assert say(world, "preflight", *slow, "--set", "warmup.missing=start_late").code == 0


def test_candles_without_marks_are_told_of_the_last_price(world: Path) -> None:
    """A preflight that asks for mark candles names the key that does without, and the key works."""
    marks = ("--venue", "sample", "--symbol", "BTCUSDT", "--series", "mark", "--timeframe", "1h")
    assert say(world, "data", "delete", *marks, "--yes").code == 0
    (error,) = say(world, "preflight", "--json").envelope["errors"]
    assert "fills.mark_source: last" in error["hint"]
    assert say(world, "preflight", "--set", "fills.mark_source=last").code == 0


def test_two_runs_are_compared_on_one_screen(world: Path) -> None:
    """A parameter left at its default says so, files are named once, and no more lines than one reads."""
    runs = [say(world, "run", *more, "--json").envelope["data"]["run_id"] for more in ((), PARAMETER)]
    said = say(world, "diff", *runs)
    assert said.code == 1
    row = next(line for line in said.out.splitlines() if "params.rsi_overbought" in line)
    assert row.split()[1:] == ["its", "default", "60"]
    assert "metrics.json" not in said.out
    assert len(said.out.splitlines()) < 50


@pytest.mark.parametrize(
    ("changed", "row"),
    [
        ("costs.max_participation=0.1", "config.costs.max_participation none 0.1000"),
        ("costs.per_symbol={BTCUSDT: {slippage_bps: 3}}", "config.costs.per_symbol.BTCUSDT.slippage_bps none 3.0000"),
        ("features={ltf: {mean: 'sma(close, 3)'}}", "config.features.ltf.mean none sma(close, 3)"),
        ("windows={jan: {start: 2024-01-02, end: 2024-01-31}}", "window.start 2024-01-01 2024-01-02"),
        ("risk.sizing={notional_pct: 50}", "config.risk.sizing.notional_pct none 50.0000"),
    ],
)
def test_what_one_of_two_runs_does_not_have_is_told_by_its_name(world: Path, changed: str, row: str) -> None:
    """Each key that was set in one run alone has a line of its own, in words, also where a whole part is new."""
    runs = [say(world, "run", *more, "--json").envelope["data"]["run_id"] for more in ((), ("--set", changed))]
    lines = [" ".join(line.split()) for line in say(world, "diff", *runs).out.splitlines()]
    assert row in lines
    assert not any("{" in line or "[" in line for line in lines[2:])  # the first two name the runs


def test_the_latest_run_is_the_one_made_last(world: Path) -> None:
    """Also when it repeats an older one: show and replay after a run are about that run."""
    first = say(world, "run", "--json").envelope["data"]["run_id"]
    second = say(world, "run", *PARAMETER, "--json").envelope["data"]["run_id"]
    assert say(world, "show", "latest", "--json").envelope["data"]["run_id"] == second
    again = say(world, "run", "--json").envelope["data"]
    assert (again["run_id"], again["identical"]) == (first, True)
    assert say(world, "show", "latest", "--json").envelope["data"]["run_id"] == first
    assert say(world, "runs", "--json").envelope["data"]["runs"][-1]["run_id"] == first


PARAMETER = ("--set", "strategy.params={rsi_overbought: 60}")
