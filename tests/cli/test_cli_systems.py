"""The systems of configs/ run, trade on the sides that they enable, and are the same strategies in Python."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_worlds import say
from command_line import btcli
from shared_data import shared
from system_worlds import CONFIGS, TWINS, place_systems, ruled_systems, run_of, trades_by_side, written

SYSTEMS = ruled_systems()
QUARTER = ("--window", "q1")
DAYS = ("--start", "2024-01-02", "--end", "2024-01-04")
REAL = ("--set", "venue=binance", "--set", "data.derive_from=5m", "--set", "fills.mark_source=last")
ENDLESS = ("--set", "risk.max_drawdown_pct=none")
MONTHS = ("--start", "2023-03-01", "--end", "2024-04-30")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All systems with the sample data of their windows, and their twins."""
    folder = tmp_path_factory.mktemp("systems")
    place_systems(folder, SYSTEMS)
    for name in SYSTEMS:
        assert say(folder, "data", "sample", f"{name}.yml").code == 0
    return folder


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_system_trades_on_each_side_that_it_enables(folder: Path, name: str) -> None:
    """Five trades at least in the window of the file, and no rule of it is told to be dead."""
    text = (CONFIGS / f"{name}.yml").read_text(encoding="utf-8")
    said = say(folder, "run", f"{name}.yml", "--window", "q1", "--json")
    assert (said.code, said.envelope["warnings"]) == (0, [])
    run = folder / said.envelope["data"]["run_dir"]
    counted = trades_by_side(run)
    assert all(counted[side] >= 5 for side in ("long", "short") if f"\n    {side}:" in text), counted
    findings = json.loads((run / "metrics.json").read_text())["findings"]
    assert [each for each in findings if each["code"] == "RULE_NEVER_FIRED"] == []


@pytest.mark.parametrize("name", sorted(TWINS))
def test_a_system_is_the_same_in_python(folder: Path, name: str) -> None:
    """Events, trades and equity of a quarter are the same bytes by rules and by a class."""
    by_rules, by_python = (run_of(folder, each, *QUARTER) for each in (f"{name}_rules", f"{name}_python"))
    assert written(by_rules) == written(by_python)
    assert min(trades_by_side(by_rules).values()) >= 5


@pytest.mark.parametrize("opposite", ["reverse", "close"])
@pytest.mark.parametrize("name", ["grid", "pullback"])
def test_a_system_is_the_same_in_python_whatever_the_other_side_does(folder: Path, name: str, opposite: str) -> None:
    """Orders that wait turn or close what is held, and are replaced and taken back, at the same moments."""
    words = (*QUARTER, "--set", f"risk.on_opposite_signal={opposite}")
    by_rules, by_python = (run_of(folder, each, *words) for each in (f"{name}_rules", f"{name}_python"))
    assert written(by_rules) == written(by_python)
    assert written(by_rules) != written(run_of(folder, f"{name}_rules", *QUARTER))


@pytest.mark.parametrize("name", ["ema_rsi_atr", "mtf_trend"])
def test_a_built_in_strategy_is_the_same_by_rules(folder: Path, name: str) -> None:
    """As it ships: every byte of events, trades and equity."""
    text = (folder / f"{name}.yml").read_text()
    params = re.search(r"params: (.*)", text)
    (folder / f"{name}_built_in.yml").write_text(
        f"{text.partition('strategy:')[0].replace(name, 'other', 2)}strategy: {{use: {name}, {params and params[0]}}}\n"
    )
    by_rules, built_in = (written(run_of(folder, each, *QUARTER)) for each in (name, f"{name}_built_in"))
    assert built_in == by_rules


@pytest.mark.parametrize("steps", [7, 1_000])
@pytest.mark.parametrize("name", ["pullback", "pullback_python", "donchian"])
def test_a_system_is_the_same_in_any_chunks(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, steps: int
) -> None:
    """However often the loop is left in between."""
    whole = written(run_of(folder, name, *QUARTER))
    monkeypatch.setattr("btcli.engine.loop.FLUSH_STEPS", steps)
    assert written(run_of(folder, name, *QUARTER, "--out", f"chunks{steps}")) == whole


def interpreted(folder: Path, name: str, *words: object) -> dict[str, bytes]:
    """What a run writes in a process of its own in which nothing is compiled."""
    done = btcli("run", f"{name}.yml", *words, "--out", "slow", "--json", cwd=folder, env={"NUMBA_DISABLE_JIT": "1"})
    assert done.code == 0, done.err
    return written(folder / done.envelope["data"]["run_dir"])


def test_a_system_is_the_same_interpreted(folder: Path) -> None:
    """Orders that wait, a stop and a trail over three days, without the compiler."""
    assert interpreted(folder, "grid", *DAYS) == written(run_of(folder, "grid", *DAYS))


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(TWINS))
def test_systems_and_twins_are_the_same_interpreted(folder: Path, name: str) -> None:
    """Three days of each by rules, and of its class."""
    due = written(run_of(folder, f"{name}_rules", *DAYS))
    assert interpreted(folder, f"{name}_rules", *DAYS) == due
    assert interpreted(folder, f"{name}_python", *DAYS) == due


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(TWINS))
def test_systems_and_twins_are_the_same_interpreted_on_real_candles(real: Path, name: str) -> None:
    """Ten days of each by rules, and of its class."""
    words = ("--start", "2023-03-10", "--end", "2023-03-19", *REAL, *ENDLESS)
    due = written(run_of(real, f"{name}_rules", *words))
    assert interpreted(real, f"{name}_rules", *words) == due
    assert interpreted(real, f"{name}_python", *words) == due


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All systems with real candles of five minutes and the funding of two symbols."""
    folder = tmp_path_factory.mktemp("real")
    place_systems(folder, SYSTEMS)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        named = ("--venue", "binance", "--symbol", symbol)
        candles, funding = (shared(f"data/{symbol}-{kind}-cyft.parquet") for kind in ("5m-perp", "funding"))
        assert say(folder, "data", "import", candles, *named, "--series", "trade", "--timeframe", "5m").code == 0
        assert say(folder, "data", "import", funding, *named, "--series", "funding").code == 0
    return folder


@pytest.mark.long
@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
@pytest.mark.parametrize("name", sorted(TWINS))
def test_a_system_is_the_same_in_python_on_real_candles(
    real: Path, monkeypatch: pytest.MonkeyPatch, name: str, symbol: str
) -> None:
    """Fourteen months of two symbols are the same bytes, whole and in chunks."""
    words = (*MONTHS, *REAL, *ENDLESS, "--set", f"symbols=[{symbol}]")
    by_rules, by_python = (run_of(real, each, *words) for each in (f"{name}_rules", f"{name}_python"))
    assert written(by_rules) == written(by_python)
    assert sum(trades_by_side(by_rules).values()) >= 10
    monkeypatch.setattr("btcli.engine.loop.FLUSH_STEPS", 77)
    assert written(run_of(real, f"{name}_rules", *words, "--out", "chunks")) == written(by_rules)
