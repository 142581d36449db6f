"""`btcli explain RUN --at TIME`: every condition with its parts, every number, at one close, from what the run read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_worlds import Said, say, small_world
from finding_worlds import Found, Market, a_run

MORE = "features: {ltf: {mean: 'sma(close, 3)'}}\nwarmup: {missing: start_late}"
RULES = """short: {enter: "volume == 12 or close > mean and 1 / (volume - 14) > 0", exit: "volume == 15"}
    stop: "2 * (mean - 900)\""""
# The bar that opens at 04:00 closes at 1,030 with a volume of 14: its mean of three is (1000 + 1000 + 1030) / 3.
MARKET = Market([1000.0] * 4 + [1030.0] + [1000.0] * 6, {2: 11, 4: 14, 6: 13})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """A run of eleven hours, whose average is known from the third close on."""
    return a_run(tmp_path_factory.mktemp("moment") / "world", MARKET, rules=RULES, more=MORE)


def at(run: Found, moment: str, *more: str) -> Said:
    """What explain says of a moment on the first day."""
    return say(run.folder, "explain", "latest", "--at", moment, *more)


def seen(run: Found, moment: str) -> dict[str, Any]:
    """The same of BTCUSDT for machines."""
    said = at(run, moment, "--json")
    assert said.code == 0, said.err
    (symbol,) = said.envelope["data"]["symbols"]
    found: dict[str, Any] = symbol
    return found


def test_every_condition_has_its_value_and_its_parts(run: Found) -> None:
    """At the close of the fourth bar: false or (true and unknown) is unknown."""
    conditions = [(each["text"], each["value"]) for each in seen(run, "2025-10-09T05:00Z")["conditions"]]
    assert conditions == [
        ("volume == 11", False),
        ("volume == 12 or close > mean and 1 / (volume - 14) > 0", None),
        ("volume == 12", False),
        ("close > mean and 1 / (volume - 14) > 0", None),
        ("close > mean", True),
        ("1 / (volume - 14) > 0", None),
        ("volume == 13", False),
        ("volume == 15", False),
    ]


def test_every_name_has_its_number(run: Found) -> None:
    """Prices and features that are named, and what is compared; unknown is null."""
    symbol = seen(run, "2025-10-09T05:00Z")
    numbers = {each["text"]: each["value"] for each in symbol["numbers"]}
    assert {name: numbers[name] for name in ("volume", "close", "1 / (volume - 14)")} == {
        "volume": 14, "close": 1030, "1 / (volume - 14)": None
    }  # fmt: skip
    assert numbers["mean"] == pytest.approx(1010)
    stops = {each["rule"]: each["value"] for each in symbol["distances"]}
    assert stops == {"long.stop": pytest.approx(220), "short.stop": pytest.approx(220)}


def test_between_closes_the_one_before_is_shown_and_said(run: Found) -> None:
    """At 05:59 it is that of 05:00."""
    said = at(run, "2025-10-09T05:59Z").out
    assert "at the close of 2025-10-09T05:00:00.000Z (the last at or before 2025-10-09T05:59:00.000Z)" in said
    assert "unknown    short.enter: volume == 12 or close > mean" in said
    assert seen(run, "2025-10-09T05:59Z") == seen(run, "2025-10-09T05:00Z")


@pytest.mark.parametrize(
    ("moment", "says"),
    [
        ("2025-10-08T23:59Z", "lies outside the window of the run"),
        ("2025-10-09T11:01Z", "lies outside the window of the run"),
        ("2025-10-09T00:30Z", "BTCUSDT was not ready to decide at 2025-10-09T00:30:00.000Z"),
        ("noon", "'noon' is not a date or a UTC time"),
    ],
)
def test_moments_of_which_there_is_nothing_are_refused(run: Found, moment: str, says: str) -> None:
    """Outside the window, before anything was ready, and what is no time."""
    said = at(run, moment)
    assert said.code == 2
    assert says in " ".join(said.err.split())


def test_a_trade_and_a_moment_are_two_questions(run: Found) -> None:
    """Both at once are refused."""
    assert at(run, "2025-10-09T05:00Z", "--trade", "1").code == 2


def test_other_data_than_the_run_read_is_refused(tmp_path: Path) -> None:
    """A store in which a candle has another price: nothing is shown of it."""
    run = a_run(tmp_path / "world", MARKET, rules=RULES, more=MORE)
    lines = MARKET.candles().replace("1030.0", "1040.0")
    (run.folder / "candles.csv").write_text(lines)
    how = ("--series", "trade", "--timeframe", "1h", "--venue", "bybit", "--symbol", "BTCUSDT", "--data", "other")
    assert say(run.folder, "data", "import", "candles.csv", *how).code == 0
    said = at(run, "2025-10-09T05:00Z", "--data", "other")
    assert said.code not in (0, 70)
    assert "other than recorded" in said.err or "differs" in said.err or "is not" in said.err
    assert not said.out


def test_code_is_shown_by_its_candle_and_features(tmp_path: Path) -> None:
    """Prices of the candle that closed last, and every feature of the strategy; none of its conditions."""
    folder = small_world(tmp_path)
    assert say(folder, "run", "--pack").code == 0
    said = say(folder, "explain", "latest", "--at", "2024-01-10T12:30Z", "--json")
    assert said.code == 0, said.err
    (symbol,) = said.envelope["data"]["symbols"]
    assert symbol["ts_close"] == "2024-01-10T12:00:00.000Z"
    names = [each["text"] for each in symbol["numbers"]]
    assert names[:5] == ["exec.open", "exec.high", "exec.low", "exec.close", "exec.volume"]
    assert any(name.startswith("htf.") for name in names)
    assert symbol["conditions"] == []


def test_the_funnel_has_the_rules(run: Found) -> None:
    """Closes, how many were ready, and a line for each rule."""
    said = " ".join(say(run.folder, "explain", "latest").out.split())
    assert "closes 10" in said
    assert "long.enter true at 1 of" in said


STANDING = 'short: {enter: "volume == 14 then volume == 13 within 2", exit: "position.bars >= 2"}'


def test_how_all_stood_is_shown_too(tmp_path: Path) -> None:
    """Long from 03:00 to 07:00, where two closes after a volume of 14 one of 13 follows; before and after, unknown."""
    standing = a_run(tmp_path / "world", MARKET, rules=STANDING)
    for hour, bars, is_old, has_followed in ((3, None, None, False), (4, 1, False, False), (7, 4, True, True)):
        symbol = seen(standing, f"2025-10-09T0{hour}:00Z")
        assert {each["text"]: each["value"] for each in symbol["numbers"]}["position.bars"] == bars
        said = {each["text"]: each["value"] for each in symbol["conditions"]}
        assert said["position.bars >= 2"] is is_old
        assert said["volume == 14 then volume == 13 within 2"] is has_followed
