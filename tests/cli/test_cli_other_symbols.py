"""Rules that look at a symbol which is not traded: its candles are loaded, checked, named by the run, never early."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import Said, say

HEAD = """\
system: pair
venue: bybit
symbols: [BTCUSDT]
timeframes: {exec: 15m, ltf: 15m, htf: 1h}
windows: {day: {start: 2024-01-02, end: 2024-01-02}}
account: {initial_equity_usdt: 10000, leverage: 1}
costs: {funding: none}
fills: {mark_source: last}
risk: {sizing: {notional_pct: 20}}
"""
RULES = "strategy: {rules: {long: {enter: '%s', exit: '%s'}}}\n"
FOLLOWS = RULES % ("ETHUSDT.htf.close > 150", "ETHUSDT.htf.close < 150")
MINUTE, HOUR = 60_000, 3_600_000
START = int(datetime(2024, 1, 2, tzinfo=UTC).timestamp() * 1000)
Price = Callable[[int], float]  # by hours since the start of the window


def risen(hour: int) -> float:
    """200 in the bars that open from 03:00 to 07:00, 100 in all others: known from 04:00 to 09:00."""
    return 200.0 if 3 <= hour <= 7 else 100.0


def candles(
    folder: Path, symbol: str, minutes: int, price: Price, without: Iterable[int] = (), since: int = -3
) -> None:
    """Import flat candles from some hours before the window to its end, but for hours that are left out."""
    step, path = minutes * MINUTE, folder / f"{symbol}_{minutes}.csv"
    left_out = set(without)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["timestamp", "open", "high", "low", "close", "volume"])
        for ts in range(START + since * HOUR, START + 24 * HOUR, step):
            hour = (ts - START) // HOUR
            if hour not in left_out:
                rows.writerow([ts, *[price(hour)] * 4, 1.0])
    named = (
        "--symbol",
        symbol,
        "--venue",
        "bybit",
        "--series",
        "trade",
        "--timeframe",
        "1h" if minutes == 60 else "15m",
    )
    said = say(folder, "data", "import", path, *named)
    assert said.code == 0, said.err


def world(folder: Path, price: Price = risen, strategy: str = FOLLOWS, **more: Any) -> Path:
    """A folder with a system, flat candles of BTCUSDT and those of ETHUSDT on the hour."""
    folder.mkdir(exist_ok=True)
    (folder / "system.yml").write_text(HEAD + strategy)
    candles(folder, "BTCUSDT", 15, lambda hour: 100.0)
    candles(folder, "BTCUSDT", 60, lambda hour: 100.0)
    candles(folder, "ETHUSDT", 60, price, **more)
    return folder


def run(folder: Path, *more: str, strategy: str = "") -> Path:
    """The folder of a run."""
    if strategy:
        (folder / "system.yml").write_text(HEAD + strategy)
    said = say(folder, "run", "--json", *more)
    assert said.code == 0, said.out
    return folder / said.envelope["data"]["run_dir"]


def signals(run_dir: Path) -> list[tuple[str, str]]:
    """When something was wished, and what."""
    events = map(json.loads, (run_dir / "events.jsonl").read_text().splitlines())
    return [(each["ts"][11:16], each["direction"]) for each in events if each["event"] == "signal"]


def counted(run_dir: Path, rule: str = "long.enter", symbol: str = "BTCUSDT") -> dict[str, Any]:
    """What rules.json says of a rule."""
    rules = json.loads((run_dir / "rules.json").read_text())["symbols"][symbol]["rules"]
    return next(each for each in rules if each["rule"] == rule)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The world of two symbols, of which one is traded."""
    return world(tmp_path_factory.mktemp("others") / "pair")


@pytest.fixture
def own(pair: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    copy = shutil.copytree(pair, tmp_path / "own", ignore=shutil.ignore_patterns("runs"))
    (copy / "system.yml").write_text(HEAD + FOLLOWS)
    return copy


def delete_its_candles(project: Path) -> None:
    """Nothing is stored of the other symbol any more."""
    words = "data delete --symbol ETHUSDT --venue bybit --series trade --timeframe 1h --yes"
    gone = say(project, *words.split())
    assert gone.code == 0, gone.err


def test_another_symbol_is_seen_from_the_close_of_its_bar_on(pair: Path) -> None:
    """The bar of 03:00 is known at 04:00 and not before; that of 08:00 ends it at 09:00."""
    assert signals(run(pair, strategy=FOLLOWS)) == [("04:00", "long"), ("09:00", "flat")]


@pytest.mark.parametrize(
    ("enter", "true", "unknown"),
    [
        ("ETHUSDT.htf.close > 150", 20, 0),
        ("cross_above(ETHUSDT.htf.close, 150)", 1, 0),
        ("ETHUSDT.htf.close[1] > 150", 20, 0),
        ("ETHUSDT.htf.close > ETHUSDT.htf.close[1]", 4, 0),
        ("count(ETHUSDT.htf.close > 150, 3) == 3", 12, 0),
        ("highest(ETHUSDT.htf.close, 2) > 150", 24, 0),
        ("ETHUSDT.htf.sma(close, 2) > 150", 16, 0),
        ("ETHUSDT.htf.sma(ETHUSDT.htf.close, 2) == 150", 8, 0),
        ("ETHUSDT.htf.sma(ETHUSDT.htf.close - 100, 2) > 50", 16, 0),
        ("ETHUSDT.htf.sma(sma(close, 2), 2) > 190", 12, 0),
        ("ETHUSDT.htf.sma(ETHUSDT.htf.sma(close, 2), 2) > 190", 12, 0),
        ("ETHUSDT.htf.hl2 / close == 2", 20, 0),
        ("bars_since(ETHUSDT.htf.close > 150) == 1", 4, 15),
    ],
)
def test_functions_count_the_bars_of_the_other_symbol(pair: Path, enter: str, true: int, unknown: int) -> None:
    """Earlier bars, crosses and features are of its own hourly bars, each seen at four closes."""
    found = counted(run(pair, strategy=RULES % (enter, "close < 0")))
    assert (found["true"], found["unknown"]) == (true, unknown)


def test_without_a_bar_it_is_unknown_until_the_next_one(tmp_path: Path) -> None:
    """Where the bar of 05:00 is missing nothing is known at its four closes; before and after it is as it was."""
    folder = world(tmp_path, without=[5])
    assert say(folder, "run").code == 1
    made = run(folder, "--no-preflight")
    assert signals(made) == [("04:00", "long"), ("09:00", "flat")]
    found = counted(made)
    assert (found["true"], found["unknown"]) == (16, 4)
    strategy = RULES % ("not (ETHUSDT.htf.close < 150)", "cross_below(ETHUSDT.htf.close, 150)")
    made = run(folder, "--no-preflight", strategy=strategy)
    assert (counted(made)["true"], counted(made)["unknown"]) == (16, 4)
    assert (counted(made, "long.exit")["true"], counted(made, "long.exit")["unknown"]) == (1, 4)


@pytest.mark.parametrize("enter", ["not (ETHUSDT.htf.close > 1 and 2 < 1)", "(ETHUSDT.htf.close < 1 or far > 0)[1]"])
def test_what_decides_without_it_decides_where_it_has_no_bar(tmp_path: Path, enter: str) -> None:
    """A part that is false, or true, by itself makes the whole known although the other symbol is not."""
    strategy = RULES.replace("{rules", "{params: {far: 1}, rules") if "far" in enter else RULES
    made = run(world(tmp_path, strategy=strategy % (enter, "close < 0"), without=[5]), "--no-preflight")
    ready = json.loads((made / "rules.json").read_text())["symbols"]["BTCUSDT"]["ready"]
    assert (counted(made)["true"], counted(made)["unknown"]) == (ready, 0)


def test_what_is_missing_is_refused_with_the_place_that_names_it(own: Path) -> None:
    """Without its candles preflight and run refuse, name the expression, and plan to fetch them."""
    delete_its_candles(own)
    for word in ("preflight", "run"):
        said = say(own, word, "--json")
        assert said.code == 1
        errors = said.envelope["errors"]
        assert any("bybit ETHUSDT trade 1h" in each["where"] for each in errors)
        named = [each for each in errors if each["message"].startswith("names ETHUSDT")]
        assert [each["where"] for each in named] == ["system.yml:10:34 strategy.rules.long.enter"]
    plan = say(own, "preflight", "--json").envelope["data"]["reports"][0]["plan"]
    assert any(step.startswith("sync_range") and "ETHUSDT" in step for step in plan), plan


def test_its_candles_are_part_of_the_run(own: Path) -> None:
    """One other candle of it is another run; the manifest names its series, and replay sees that it changed."""
    made = run(own, "--pack")
    manifest = json.loads((made / "run_manifest.json").read_text())
    assert [each["series"] for each in manifest["inputs"]["series"]] == [
        "bybit BTCUSDT trade 15m",
        "bybit BTCUSDT trade 1h",
        "bybit ETHUSDT trade 1h",
    ]
    assert say(own, "replay", made).code == 0
    candles(own, "ETHUSDT", 60, lambda hour: 101.0 if hour == 20 else risen(hour))
    changed = say(own, "replay", made)
    assert changed.code == 1
    assert "bybit ETHUSDT trade 1h" in changed.out + changed.err
    assert run(own).name != made.name
    shutil.rmtree(own / "data")
    said = say(own, "replay", made, "--pack-only")
    assert said.code == 0, said.err


def test_its_future_changes_nothing_before(pair: Path, tmp_path: Path) -> None:
    """Whatever it does from 12:00 on, all that was told before 13:00 is the same to the byte."""

    def told(folder: Path) -> list[str]:
        lines = (run(folder) / "events.jsonl").read_text().splitlines()
        return [line for line in lines if json.loads(line)["ts"] < "2024-01-02T13:00" and '"run_' not in line]

    strategy = RULES % ("ETHUSDT.htf.close > ETHUSDT.htf.sma(close, 3)", "ETHUSDT.htf.close < ETHUSDT.htf.close[2]")

    def waved(hour: int) -> float:
        return 100.0 + (hour * 7) % 5

    one = world(tmp_path / "one", waved, strategy)
    other = world(tmp_path / "other", lambda hour: waved(hour) if hour < 12 else 500.0 - hour, strategy)
    assert told(one) == told(other)
    assert len(told(one)) > 4


def test_one_that_was_listed_later_is_unknown_before(own: Path) -> None:
    """With the day of its listing written down, a symbol that begins at 06:00 is unknown until 07:00."""
    delete_its_candles(own)
    candles(own, "ETHUSDT", 60, lambda hour: 200.0, since=6)
    refused = say(own, "run")
    assert refused.code == 1
    listed = (
        "instruments.ETHUSDT={tick_size: 0.01, qty_step: 0.01, min_qty: 0.01, max_qty: 1000000,"
        " tiers: [{limit_usdt: 100000, maintenance_rate: 0.02, max_leverage: 25}], listed: 2024-01-02T06:00Z}"
    )
    made = run(own, "--set", listed)
    found = counted(made)
    assert (found["unknown"], found["false"]) == (27, 0)
    assert signals(made)[0] == ("07:00", "long")
    assert say(own, "replay", made).code == 0


def test_one_that_is_listed_after_the_window_is_never_known(tmp_path: Path) -> None:
    """Nothing is generated, wanted or read of it; the run, its replay and its page are whole."""
    tiers = "[{limit_usdt: 9, maintenance_rate: 0.02, max_leverage: 5}]"
    specs = f"tick_size: 1, qty_step: 1, min_qty: 1, max_qty: 9, tiers: {tiers}, listed: 2024-02-01"
    listed = f"instruments: {{ETHUSDT: {{{specs}}}}}\n"
    (tmp_path / "system.yml").write_text(HEAD.replace("bybit", "sample") + listed + FOLLOWS)
    assert say(tmp_path, "data", "sample").code == 0
    made = run(tmp_path, "--pack")
    assert (counted(made)["true"], counted(made)["false"]) == (0, 0)
    for word in (("replay", made), ("replay", made, "--pack-only")):
        assert say(tmp_path, *word).code == 0
    page = say(tmp_path, "report", made)
    assert (page.code, page.err) == (0, "")


def test_bars_of_another_symbol_are_derived_as_those_of_the_traded_one(own: Path) -> None:
    """With everything derived from 15m candles its hours are made of quarters, and say the same."""
    candles(own, "ETHUSDT", 15, risen)
    made = run(own, "--set", "data.derive_from=15m")
    assert signals(made) == [("04:00", "long"), ("09:00", "flat")]
    series = json.loads((made / "run_manifest.json").read_text())["inputs"]["series"]
    assert [each["series"] for each in series] == ["bybit BTCUSDT trade 15m", "bybit ETHUSDT trade 15m"]


def test_a_symbol_may_begin_with_digits(own: Path) -> None:
    """1000PEPEUSDT is written as it is called."""
    candles(own, "1000PEPEUSDT", 60, risen)
    strategy = RULES % (
        "1000PEPEUSDT.htf.close>150 and 2*1000PEPEUSDT.htf.close == 400",
        "1000PEPEUSDT.htf.close < 150",
    )
    assert signals(run(own, strategy=strategy)) == [("04:00", "long"), ("09:00", "flat")]


def test_a_traded_symbol_names_itself(own: Path) -> None:
    """With both traded, ETHUSDT under its own name is what it is without."""
    candles(own, "ETHUSDT", 15, risen)
    both = HEAD.replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]")
    found = []
    for enter in ("ETHUSDT.htf.close > 150 and ETHUSDT.close > 150", "htf.close > 150 and close > 150"):
        (own / "system.yml").write_text(both + RULES % (enter, "close < 0"))
        found.append(run(own))
    named, bare = (counted(each, symbol="ETHUSDT") for each in found)
    assert (named["true"], named["unknown"]) == (bare["true"], bare["unknown"]) == (17, 0)
    assert counted(found[0])["true"] == 17
    assert counted(found[1])["true"] == 0


@pytest.mark.parametrize(
    ("enter", "says"),
    [
        ("ETHUSDT.htf.clsoe > 1", "unknown name 'ETHUSDT.htf.clsoe'"),
        ("ETHUSDT.funding_rate > 1", "funding_rate is known of the symbol that is traded alone"),
        ("ETHUSDT.time.hour > 1", "time.hour is known of the symbol that is traded alone"),
        ("ETHUSDT > 1", "unknown name 'ETHUSDT'"),
        ("HTF.close > 1", "unknown name 'HTF'"),
        ("sma(ETHUSDT.close, 3) > 1", "sma reads the bars of the traded symbol here, and ETHUSDT has others"),
        ("ETHUSDT.sma(BTCUSDT.close, 3) > 1", "sma reads the bars of ETHUSDT here, and BTCUSDT has others"),
        ("ETHUSDT.htf.sma(ETHUSDT.close, 3) > 1", "features of htf are made of its own bars, and ltf.close is of ltf"),
        ("ETHUSDT.exec.sma(close, 3) > 1", "features are computed for ltf, mtf and htf"),
        ("ETHUSDT.htf.close > highest(ETHUSDT.htf.high, 3)", "is never true: highest includes the bar itself"),
        ("ETHUSDT.obv() > 3", "has a level that hangs on the bar at which its history starts"),
        ("1000PEPEUSDT. > 1", "cannot be read from here on"),
        ("12.5.close > 1", "12.5 has no names of its own"),
    ],
)
def test_what_cannot_be_named_is_refused(pair: Path, enter: str, says: str) -> None:
    """With the place and the reason, before any data is looked for."""
    (pair / "system.yml").write_text(HEAD + RULES % (enter, "close < 0"))
    said = say(pair, "explain", "system.yml", "--json")
    assert said.code == 2
    assert says in said.envelope["errors"][0]["message"]


def test_a_name_that_is_something_else_too_is_refused(pair: Path) -> None:
    """A parameter or a feature called as the symbol is: nobody could tell which is meant."""
    params = "strategy: {params: {ETHUSDT: 2}, rules: {long: {enter: 'ETHUSDT.close > ETHUSDT'}}}\n"
    feature = "features: {htf: {ETHUSDT: 'sma(close, 3)'}}\n" + FOLLOWS
    for text, says in ((params, "ETHUSDT is a parameter and the name of a symbol"), (feature, "ETHUSDT is a feature")):
        (pair / "system.yml").write_text(HEAD + text)
        said: Said = say(pair, "explain", "system.yml", "--json")
        assert said.code == 2
        assert says in said.envelope["errors"][0]["message"]


def test_it_is_read_back_and_seen_at_a_moment(pair: Path) -> None:
    """`explain` says of whom a price is, of a system and of a moment."""
    made = run(pair, strategy=RULES % ("ETHUSDT.htf.close > 150", "ETHUSDT.htf.sma(close, 2) < 150"))
    told = " ".join(say(pair, "explain", "system.yml").out.split())
    assert "the close of htf of ETHUSDT is above 150" in told
    assert "sma(close, 2) on the bars of htf of ETHUSDT is below 150" in told
    seen = " ".join(say(pair, "explain", made, "--at", "2024-01-02T04:10Z").out.split())
    assert "true long.enter: ETHUSDT.htf.close > 150" in seen
    assert "200 ETHUSDT.htf.close" in seen


def test_sample_data_is_written_for_it_too(tmp_path: Path) -> None:
    """`data sample` writes what the rules name, and the run finds it."""
    text = HEAD.replace("bybit", "sample") + FOLLOWS
    (tmp_path / "system.yml").write_text(text)
    assert say(tmp_path, "data", "sample").code == 0
    assert say(tmp_path, "run").code == 0
