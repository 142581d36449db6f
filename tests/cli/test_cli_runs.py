"""`btcli runs`: what makes one run another than its neighbours, filters, and order."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import SYSTEM, say, small_world
from hostile_names import HOSTILE, OBEYED

SETS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "costly": ("--set", "costs.slippage_bps=9"),
    "two": ("--set", "costs.slippage_bps=5", "--set", "risk.sizing.risk_pct=2"),
}


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A project with three runs of one system and one of another, and their ids by name."""
    folder = small_world(tmp_path_factory.mktemp("runs") / "small")
    found = {name: _run(folder, *words) for name, words in SETS.items()}
    other = SYSTEM.replace("system: small", "system: other").replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]")
    (folder / "other.yml").write_text(other.replace("jan:", "days:").replace("2024-01-31", "2024-01-05"))
    assert say(folder, "data", "sample", "other.yml").code == 0
    return folder, found | {"other": _run(folder, "other.yml")}


def _run(folder: Path, *words: str) -> str:
    said = say(folder, "run", *words, "--json")
    assert said.code == 0, said.out
    return str(said.envelope["data"]["run_id"])


def listed(world: Path, *words: str) -> list[dict[str, Any]]:
    """The rows of `btcli runs WORDS --json`."""
    said = say(world, "runs", *words, "--json")
    assert said.code == 0, said.out
    return list(said.envelope["data"]["runs"])


def test_runs_of_one_id_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """The name of a system is no part of an id: what is offered can be given, and finds one of them."""
    folder = small_world(tmp_path)
    for name in ("one", "other"):
        assert say(folder, "run", "--set", f"system={name}").code == 0
    (run,) = (folder / "runs" / "one" / "jan").iterdir()
    told = say(folder, "show", run.name, "--json")
    (hint,) = (each["hint"] for each in told.envelope["errors"])
    assert hint.split(", ") == [f"runs/{name}/jan/{run.name}" for name in ("one", "other")]
    assert [say(folder, "show", each).code for each in hint.split(", ")] == [0, 0]


def test_the_list_says_what_makes_runs_differ(ids: tuple[Path, dict[str, str]]) -> None:
    """When, symbols, what --set changed, Sharpe and the other figures of metrics.json; the last one at the end."""
    world, names = ids
    rows = listed(world)
    assert [row["run_id"] for row in rows] == list(names.values())
    assert [row["overrides"] for row in rows] == [
        [],
        ["costs.slippage_bps=9"],
        ["costs.slippage_bps=5", "risk.sizing.risk_pct=2"],
        [],
    ]
    assert rows[3]["symbols"] == ["BTCUSDT", "ETHUSDT"]
    for row in rows:
        metrics = json.loads((world / row["run_dir"] / "metrics.json").read_text())
        for name in ("sharpe", "return_pct", "max_drawdown_pct", "trades", "net_profit_usdt"):
            assert row[name] == metrics[name]
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["finished_at"])
    shown = say(world, "runs").out
    assert "small · jan · BTCUSDT · costs.slippage_bps=5 · risk.sizing.risk_pct=2" in shown
    assert "other · days · BTCUSDT ETHUSDT" in shown
    assert f"{rows[0]['sharpe']:,.2f}" in shown


def test_a_run_that_ended_early_says_so(ids: tuple[Path, dict[str, str]]) -> None:
    """On screen, where the others say nothing of their end; for machines as before."""
    world, _ = ids
    assert say(world, "run", "--set", "risk.max_drawdown_pct=1", "--out", "early").code == 5
    assert "· MAX_DRAWDOWN_HIT ·" in say(world, "runs", "--out", "early").out
    (row,) = listed(world, "--out", "early")
    assert (row["status"], row["stop_reason"]) == ("complete", "MAX_DRAWDOWN_HIT")


def test_what_it_said_before_is_still_there(ids: tuple[Path, dict[str, str]]) -> None:
    """No key of the machine's answer went away."""
    before = {"run_id", "run_dir", "system", "window", "status", "stop_reason", "net_profit_usdt", "trades"}
    assert all(before <= set(row) for row in listed(ids[0]))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--system", "small"), ["plain", "costly", "two"]),
        (("--system", "other"), ["other"]),
        (("--window", "days"), ["other"]),
        (("-w", "jan"), ["plain", "costly", "two"]),
        (("--symbol", "ETHUSDT"), ["other"]),
        (("--symbol", "ETHUSDT", "--symbol", "BTCUSDT"), ["other"]),
        (("--symbol", "BTCUSDT", "--system", "small"), ["plain", "costly", "two"]),
        (("--strategy", "mtf_trend", "--window", "days"), ["other"]),
        (("--strategy", "ema_rsi_atr"), []),
        (("--system", "small", "--window", "days"), []),
    ],
    ids=str,
)
def test_filters_choose(ids: tuple[Path, dict[str, str]], words: tuple[str, ...], expected: list[str]) -> None:
    """By system, window, symbols and strategy; several must all fit."""
    world, names = ids
    assert [row["run_id"] for row in listed(world, *words)] == [names[name] for name in expected]


def test_a_filter_without_a_run_says_what_there_is(ids: tuple[Path, dict[str, str]]) -> None:
    """Names of systems, windows, strategies and symbols; an empty list is an answer, not an error."""
    said = say(ids[0], "runs", "--system", "smal")
    assert said.code == 0
    for word in ("none of 4 runs", "other, small", "days, jan", "mtf_trend", "BTCUSDT, ETHUSDT"):
        assert word in said.out


@pytest.mark.parametrize("column", ["sharpe", "return", "drawdown", "trades", "profit", "when", "run"])
def test_runs_are_sorted_by_any_column(ids: tuple[Path, dict[str, str]], column: str) -> None:
    """Ascending by its value; with - in front the other way round; Sharpe with a capital letter too."""
    key = {"return": "return_pct", "drawdown": "max_drawdown_pct", "profit": "net_profit_usdt", "when": "finished_at"}
    values = [row[key.get(column, column.replace("run", "run_id"))] for row in listed(ids[0], "--sort", column)]
    assert values == sorted(values)
    falling = listed(ids[0], "--sort", f"-{column}")
    assert [row[key.get(column, column.replace("run", "run_id"))] for row in falling] == values[::-1]


def test_a_capital_letter_is_no_other_column(ids: tuple[Path, dict[str, str]]) -> None:
    """The heading says Sharpe, and so may the option."""
    assert listed(ids[0], "--sort", "Sharpe") == listed(ids[0], "--sort", "sharpe")


def test_a_wrong_column_says_which_there_are(ids: tuple[Path, dict[str, str]]) -> None:
    """Exit 2 with the nearest one and all of them."""
    said = say(ids[0], "runs", "--sort", "sharp", "--json")
    (error,) = said.envelope["errors"]
    assert (said.code, error["where"]) == (2, "--sort")
    for word in ("did you mean sharpe?", "run, when, system, window, return, sharpe, drawdown, trades, profit"):
        assert word in error["hint"]


def foreign(original: Path, folder: Path, name: str, *, in_names: bool) -> None:
    """A copy of a run in whose manifest another maker wrote a name wherever there is room for one."""
    folder.mkdir(parents=True)
    for file in original.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    manifest = json.loads((original / "run_manifest.json").read_text())
    manifest |= {"system": name, "window": name} if in_names else {}
    manifest["environment"] |= {"overrides": [name, f"a={name}"], "finished_at": name}
    manifest["inputs"]["config"]["strategy"] |= {"use": name, "params": {name: name}}
    (folder / "run_manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("in_names", [True, False])
def test_hostile_names_of_foreign_runs_stay_on_their_line(
    ids: tuple[Path, dict[str, str]], tmp_path: Path, in_names: bool
) -> None:
    """What another maker wrote into a manifest is escaped in list, summary, trades and diff, or the run passed over."""
    world, names = ids
    original = next((world / "runs").glob(f"*/*/{names['plain']}"))
    folders = [tmp_path / "runs" / "s" / "w" / f"{number:012}" for number in range(len(HOSTILE))]
    for folder, name in zip(folders, HOSTILE, strict=True):
        foreign(original, folder, name, in_names=in_names)
    words: list[tuple[object, ...]] = [("runs",), ("runs", "--system", "x"), ("runs", "--sort", "when")]
    for folder in folders:
        words += [("show", folder), ("show", folder, "--full"), ("trades", folder), ("diff", folder, folders[0])]
    for said in (say(tmp_path, *each) for each in words):
        assert not OBEYED.search(said.out + said.err)
        assert said.code in (0, 1, 3)
    shown = say(tmp_path, "runs")
    if in_names:
        assert "no run in runs can be read" in shown.out
        assert "is passed over" in shown.err
        return
    for word in ("\\x1b[2Jclear", "new\\nline", "[bold]markup[/bold]", ":warning:", "a=\\x9b2Jcsi"):
        assert word in shown.out
    assert say(tmp_path, "show", folders[15]).out.splitlines()[2].startswith("new\\nline (new\\nline new\\nline)")
