"""`btcli explain RUN --at TIME` says of every gate whether it held entries back then, by what, and until when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_worlds import only_run, say
from finding_worlds import Found, Market, a_run

FLAT = [1000.0] * 20
DAY = "2025-10-09T"


def gates_at(run: Found, hour: int, minute: int = 0) -> dict[str, dict[str, Any]]:
    """By its name, each gate of the only symbol."""
    said = say(run.folder, "explain", "latest", "--at", f"{DAY}{hour:02}:{minute:02}Z", "--json")
    assert said.code == 0, said.err
    (symbol,) = said.envelope["data"]["symbols"]
    return {".".join(filter(None, (each["side"], each["gate"]))): each for each in symbol["gates"]}


def closed(run: Found, hour: int) -> dict[str, str | None]:
    """Those that are closed, with the hour at which they open again."""
    gates = gates_at(run, hour)
    return {name: each["until"] and each["until"][11:16] for name, each in gates.items() if each["is_closed"]}


# Long at the close of 03:00, which fills at its open; left at the close of 05:00.
TRADED = Market(FLAT, {2: 11, 4: 13})


def test_a_cooldown_is_closed_for_so_many_closes(tmp_path: Path) -> None:
    """The trade ends at the open after the close of 05:00: those of 06:00 and 07:00 are its two."""
    run = a_run(tmp_path, TRADED, rules="cooldown_bars: 2")
    found = [closed(run, hour) for hour in (2, 4, 5, 6, 7, 8)]
    assert found == [{}, {}, {}, {"long.cooldown_bars": "08:00"}, {"long.cooldown_bars": "08:00"}, {}]
    gate = gates_at(run, 6)["long.cooldown_bars"]
    assert gate["said"] == "close 1 of 2 after a trade of either side ended"
    assert gate["key"] == "strategy.rules.cooldown_bars"
    assert gates_at(run, 4)["long.cooldown_bars"]["said"] == "a trade of either side: not yet"
    assert gates_at(run, 9)["long.cooldown_bars"]["said"] == "close 4, more than 2, after a trade of either side ended"


def test_only_losing_trades_close_the_gates_of_losses(tmp_path: Path) -> None:
    """The second trade loses 10: one close of cooldown, and the pause of three closes after a single loss."""
    closes = [1000.0] * 4 + [1010.0] * 4 + [1000.0] * 12
    rules = "cooldown_after_loss_bars: 1\n    pause_after_losses: {losses: 1, bars: 3}"
    run = a_run(tmp_path, Market(closes, {2: 11, 4: 13, 6: 11, 8: 13}), rules=rules)
    assert closed(run, 6) == {}
    assert closed(run, 10) == {"long.pause_after_losses": "13:00", "long.cooldown_after_loss_bars": "11:00"}
    assert closed(run, 12) == {"long.pause_after_losses": "13:00"}
    assert closed(run, 13) == {}
    said = gates_at(run, 10)["long.pause_after_losses"]["said"]
    assert said == "close 1 of 3 after 1 losing trades in a row of either side ended"


def test_a_day_that_has_had_its_entries_is_closed_to_its_end(tmp_path: Path) -> None:
    """One entry filled of one; the day after there is another one."""
    market = Market([1000.0] * 30, {2: 11, 4: 13})
    run = a_run(tmp_path, market, rules="max_entries_per_day: 1")
    assert closed(run, 3) == {}
    gate = gates_at(run, 4)["long.max_entries_per_day"]
    assert gate["said"] == "1 of 1 entries of either side filled on 2025-10-09"
    assert gate["until"] == "2025-10-10T00:00:00.000Z"
    said = say(run.folder, "explain", "latest", "--at", "2025-10-10T00:00Z", "--json").envelope["data"]["symbols"][0]
    assert [(each["is_closed"], each["said"]) for each in said["gates"]] == [
        (False, "0 of 1 entries of either side filled on 2025-10-10")
    ]


def test_a_session_says_when_it_begins(tmp_path: Path) -> None:
    """From 06:00 until before 08:00, of long alone; after it there is no other in the window."""
    run = a_run(tmp_path, TRADED, rules="session: {hours: 06:00-08:00}")
    assert [closed(run, hour) for hour in (2, 5, 6, 7, 8)] == [
        {"long.session": "06:00"},
        {"long.session": "06:00"},
        {},
        {},
        {"long.session": None},
    ]
    assert gates_at(run, 2)["long.session"]["said"] == "from 06:00 until before 08:00 UTC"


def test_a_side_that_has_to_be_false_first_is_closed_until_it_was(tmp_path: Path) -> None:
    """True at 03:00, 04:00 and 05:00: what filled at 03:00 is followed by no false before 06:00."""
    run = a_run(tmp_path, Market(FLAT, {2: 11, 3: 11, 4: 11}), rules="rearm: true")
    assert [closed(run, hour) for hour in (2, 3, 4, 5, 6)] == [
        {},
        {},
        {"long.rearm": None},
        {"long.rearm": None},
        {},
    ]
    filled = f"an entry of long filled in the bar from {DAY}03:00:00.000Z"
    assert gates_at(run, 5)["long.rearm"]["said"] == f"{filled}, and enter has not been false since"
    assert gates_at(run, 7)["long.rearm"]["said"] == f"{filled}, and enter was false at {DAY}07:00:00.000Z"
    assert gates_at(run, 2)["long.rearm"]["said"] == "no entry of long has filled"


def test_what_rearms_may_name_the_position(tmp_path: Path) -> None:
    """Held for one close its second half is unknown, which is not false; at the next one it is false."""
    enter = '"volume == 12 or position.bars < 2 and 1 / (volume - 10) > 0"'
    run = a_run(tmp_path, Market(FLAT, {2: 12}), rules=f"short: {{enter: {enter}, rearm: true}}")
    assert [closed(run, hour) for hour in (3, 4, 5)] == [{}, {"short.rearm": None}, {}]


def test_gates_of_a_side_and_of_both_look_at_their_own_trades(tmp_path: Path) -> None:
    """A trade of long closes what stands beside the sides for both, and nothing of short alone."""
    rules = 'short: {enter: "volume == 12", cooldown_bars: 3}\n    cooldown_bars: 2'
    run = a_run(tmp_path, TRADED, rules=rules)
    assert closed(run, 6) == {"long.cooldown_bars": "08:00"}
    assert gates_at(run, 6)["short.cooldown_bars"]["said"] == "a trade of short: not yet"


def test_what_is_closed_at_a_true_entry_is_what_was_counted(tmp_path: Path) -> None:
    """At each close at which an entry was held back the first gate that is closed is the one of rules.json."""
    market = Market(FLAT, {2: 11, 4: 13, 5: 11, 6: 11, 7: 11, 9: 13, 10: 11, 11: 11, 12: 13, 13: 11, 14: 11})
    rules = "max_entries_per_day: 2\n    cooldown_bars: 2\n    rearm: true"
    run = a_run(tmp_path, market, rules=rules)
    (row,) = [
        each
        for each in json.loads((only_run(run.folder) / "rules.json").read_text())["symbols"]["BTCUSDT"]["rules"]
        if each["rule"] == "long.enter"
    ]
    counts = dict.fromkeys(("max_entries_per_day", "cooldown_bars", "rearm"), 0)
    held = [each for each in range(3, 20) if market.volumes.get(each - 1) == 11]
    entered = {each[11:13] for each in entries(run)}
    for hour in held:
        shut = [name for name, each in gates_at(run, hour).items() if each["is_closed"]]
        if f"{hour:02}" not in entered and shut and not is_held(run, hour):
            counts[shut[0].removeprefix("long.")] += 1
    assert counts == {each["gate"]: each["held_back"] for each in row["gates"]}
    assert sum(counts.values()) == row["held_back"] > 2


def entries(run: Found) -> list[str]:
    """When positions were entered."""
    lines = (only_run(run.folder) / "trades.csv").read_text().splitlines()
    place = lines[0].split(",").index("entry_ts")
    return [line.split(",")[place] for line in lines[1:]]


def is_held(run: Found, hour: int) -> bool:
    """Whether a position is held at a close."""
    lines = (only_run(run.folder) / "trades.csv").read_text().splitlines()
    names = lines[0].split(",")
    spans = [[line.split(",")[names.index(name)] for name in ("entry_ts", "exit_ts")] for line in lines[1:]]
    return any(entry < f"{DAY}{hour:02}:00:00.000Z" <= left for entry, left in spans)


def test_entries_that_the_account_may_not_make_are_told(tmp_path: Path) -> None:
    """The day has lost more than 1 % at 04:00: nothing is entered until the next one."""
    market = Market([1000.0] * 3 + [800.0] * 17, {2: 11, 4: 13})
    run = a_run(tmp_path, market, "--set", "risk.daily_loss_pct=1")
    assert closed(run, 3) == {}
    assert closed(run, 4) == {"entries_disabled": "00:00"}
    assert gates_at(run, 5)["entries_disabled"]["said"] == "DAILY_LOSS"


def test_nothing_is_told_of_gates_once_the_run_has_ended(tmp_path: Path) -> None:
    """It stopped at 04:00; conditions are shown all the same."""
    market = Market([1000.0] * 3 + [800.0] * 17, {2: 11})
    run = a_run(tmp_path, market, "--set", "risk.max_drawdown_pct=1", rules="cooldown_bars: 2")
    assert gates_at(run, 6) == {}


@pytest.mark.parametrize("minute", [0, 59])
def test_people_read_the_same(tmp_path: Path, minute: int) -> None:
    """A line a gate, of the last close at or before the moment."""
    run = a_run(tmp_path, TRADED, rules="cooldown_bars: 2\n    rearm: true")
    out = say(run.folder, "explain", "latest", "--at", f"{DAY}06:{minute:02}Z").out
    line = f"closed     long.cooldown_bars: close 1 of 2 after a trade of either side ended; open again at {DAY}08:00"
    assert line in out
    assert "open       long.rearm: an entry of long filled" in out


def test_a_run_without_gates_has_no_line_of_them(tmp_path: Path) -> None:
    """Nothing could hold an entry back."""
    run = a_run(tmp_path, TRADED)
    assert gates_at(run, 6) == {}
