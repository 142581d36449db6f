"""Rules of single symbols under `strategy.per_symbol`: who decides for whom, and what is told of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cli_worlds import SYSTEM, say

HEAD = (
    SYSTEM.partition("strategy:")[0]
    .replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]")
    .replace("risk_pct: 1", "notional_pct: 20")
)
FEATURES = 'features: {ltf: {fast: "sma(close, 3)", slow: "sma(close, 12)"}}\n'
BOTH = """\
strategy:
  rules:
    long: {enter: "cross_above(fast, slow)", exit: "cross_below(fast, slow)"}
  per_symbol:
    ETHUSDT:
      params: {far: 2}
      rules:
        short: {enter: "cross_below(fast, far / 2 * slow)", exit: "cross_above(fast, slow)"}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the candles of two symbols."""
    folder = tmp_path_factory.mktemp("own_rules")
    (folder / "system.yml").write_text(HEAD + "strategy: {use: mtf_trend}\n")  # wants more history than all else here
    assert say(folder, "data", "sample").code == 0
    return folder


def run(folder: Path, strategy: str, *more: str) -> Path:
    """The folder of a run of that strategy."""
    (folder / "system.yml").write_text(HEAD + FEATURES + strategy)
    said = say(folder, "run", "--json", *more)
    assert said.code == 0, said.err
    return folder / json.loads(said.out)["data"]["run_dir"]


def signals(run_dir: Path) -> set[tuple[str, str]]:
    """The directions that were wished for each symbol."""
    events = map(json.loads, (run_dir / "events.jsonl").read_text().splitlines())
    return {(each["symbol"], each["direction"]) for each in events if each["event"] == "signal"}


def test_each_symbol_follows_its_own_rules(folder: Path) -> None:
    """The symbol with rules of its own is short alone, the other long alone; rules.json says which rule is whose."""
    made = run(folder, BOTH)
    directions = {"BTCUSDT": {"long", "flat"}, "ETHUSDT": {"short", "flat"}}
    assert signals(made) == {(symbol, each) for symbol, some in directions.items() for each in some}
    counted = json.loads((made / "rules.json").read_text())["symbols"]
    assert [each["key"] for each in counted["BTCUSDT"]["rules"]] == [
        "strategy.rules.long.enter",
        "strategy.rules.long.exit",
    ]
    own = "strategy.per_symbol.ETHUSDT.rules.short"
    assert [each["key"] for each in counted["ETHUSDT"]["rules"]] == [f"{own}.enter", f"{own}.exit"]
    assert say(folder, "replay", str(made)).code == 0


def test_the_same_rules_by_themselves_are_the_same_run(folder: Path) -> None:
    """Rules of all symbols written out for one of them give the same events, under another identity."""
    shared = BOTH.partition("  per_symbol:")[0]
    own = shared.partition("  rules:\n")[2]
    twice = shared + "  per_symbol:\n    ETHUSDT:\n      rules:\n" + own.replace("    long", "        long")
    one, other = run(folder, shared), run(folder, twice)
    assert one != other
    assert (one / "events.jsonl").read_bytes() == (other / "events.jsonl").read_bytes()


def test_rules_for_one_symbol_stand_beside_code_for_the_others(folder: Path) -> None:
    """A strategy in Python decides for all symbols but the one that has rules."""
    code = "strategy:\n  use: mtf_trend\n" + BOTH[BOTH.index("  per_symbol:") :]
    wished = signals(run(folder, code))
    assert {direction for symbol, direction in wished if symbol == "ETHUSDT"} <= {"short", "flat"}
    assert any(symbol == "BTCUSDT" for symbol, _ in wished)


def test_both_are_read_back_and_shown(folder: Path) -> None:
    """`explain SYSTEM` tells the rules of all symbols, then those of one; `show --full` and the funnel name it."""
    (folder / "system.yml").write_text(HEAD + FEATURES + BOTH)
    told = " ".join(say(folder, "explain", "system.yml").out.split())
    assert "long is entered when ltf.fast (sma(close, 3)) crosses above" in told
    assert "ETHUSDT: short is entered when ltf.fast (sma(close, 3)) crosses below ((far (2) / 2) * ltf.slow" in told
    made = run(folder, BOTH)
    shown = " ".join(say(folder, "show", str(made), "--full").out.split())
    assert "ETHUSDT short.enter: cross_below(fast, far / 2 * slow)" in shown
    assert "ETHUSDT short.enter true at" in shown
    assert "ETHUSDT rules (far 2)" in shown
    assert "ETHUSDT short.enter true at" in " ".join(say(folder, "explain", str(made)).out.split())


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (
            'rules: {long: {enter: "close > opne"}}',
            "strategy.per_symbol.ETHUSDT.rules.long.enter: unknown name 'opne'",
        ),
        (
            'rules: {long: {exit: "close > open"}}',
            "strategy.per_symbol.ETHUSDT.rules.long.exit: does nothing: long has",
        ),
        ('{use: mtf_trend, rules: {long: {enter: "close > open"}}}', "strategy.per_symbol.ETHUSDT.use: excludes rules"),
        (
            '{params: {far: 1}, rules: {long: {enter: "close > open"}}}',
            "strategy.per_symbol.ETHUSDT.params.far: is named",
        ),
        (
            '{params: {close: 1}, rules: {long: {enter: "close > open"}}}',
            "strategy.per_symbol.ETHUSDT.params.close: is",
        ),
        ("{rules: {}}", "strategy.per_symbol.ETHUSDT.rules: has no enter"),
    ],
)
def test_mistakes_in_rules_of_one_symbol_have_their_place(folder: Path, own: str, says: str) -> None:
    """What is wrong with them is told with file:line:column and the key as it is written."""
    line = own if own.startswith("{") else f"{{{own}}}"
    strategy = f"strategy:\n  rules: {{long: {{enter: fast > slow}}}}\n  per_symbol:\n    ETHUSDT: {line}\n"
    (folder / "system.yml").write_text(HEAD + FEATURES + strategy)
    said = say(folder, "explain", "system.yml", "--json")
    assert said.code == 2
    (problem,) = json.loads(said.out)["errors"]
    assert problem["message"].startswith(says)
    assert problem["where"].startswith("system.yml:13:")


def test_a_stop_is_wanted_of_them_too_where_it_decides_the_size(folder: Path) -> None:
    """With sizes by the distance to the stop, an entry of one symbol without a stop is refused at its place."""
    strategy = BOTH.replace("    long:", "    stop: 2\n    long:", 1)
    (folder / "system.yml").write_text(HEAD.replace("notional_pct: 20", "risk_pct: 1") + FEATURES + strategy)
    said = say(folder, "run")
    assert said.code == 2
    assert "strategy.per_symbol.ETHUSDT.rules.short: enters without a stop" in " ".join(said.err.split())


def test_each_symbol_has_gates_of_its_own(folder: Path) -> None:
    """Two closes after the first trade of a symbol ended its cooldown has seen two, whatever the other one did."""
    written = BOTH.replace('exit: "cross_below(fast, slow)"}', 'exit: "cross_below(fast, slow)", cooldown_bars: 30}')
    written = written.replace('exit: "cross_above(fast, slow)"}', 'exit: "cross_above(fast, slow)", cooldown_bars: 40}')
    made = run(folder, written)
    lines = [line.split(",") for line in (made / "trades.csv").read_text().splitlines()]
    symbol, exited = lines[0].index("symbol"), lines[0].index("exit_ts")
    keys = {"BTCUSDT": ("long", "strategy.rules"), "ETHUSDT": ("short", "strategy.per_symbol.ETHUSDT.rules")}
    for name, (side, at) in keys.items():
        ended = datetime.fromisoformat(min(line[exited] for line in lines[1:] if line[symbol] == name))
        moment = (ended + 2 * timedelta(hours=1)).strftime("%Y-%m-%dT%H:%MZ")
        said = say(folder, "explain", str(made), "--at", moment, "--json").envelope["data"]["symbols"]
        (gate,) = next(each["gates"] for each in said if each["symbol"] == name)
        bars = 30 if name == "BTCUSDT" else 40
        opens = (ended + (bars + 1) * timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        assert gate["key"] == f"{at}.{side}.cooldown_bars"
        assert gate["said"] == f"close 2 of {bars} after a trade of {side} ended"
        assert gate["until"] == opens
