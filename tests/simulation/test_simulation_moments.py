"""Rules that name the time, funding and the mark, in whole runs: four days of minutes, settled every eight hours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from many_worlds import SYMBOL, TEXT, metrics_alone, parts_of, reader_of, system_of, world_of_trials
from test_simulation_many import assert_as_alone

from btcli.config.loading import parse_system
from btcli.errors import ConfigError
from btcli.simulation.many import run_many
from btcli.simulation.trials import Trial
from btcli.strategies.rules.listing import listing

WORDS = ("mark", "close")


def sided(enter: str, leave: str) -> dict[str, Any]:
    """The changes that leave one side and its distances."""
    return {
        "strategy": {
            "params": {},
            "rules": {"long": {"enter": enter, "exit": leave}, "stop": "0.004 * close", "target": "0.008 * close"},
        }
    }


@pytest.mark.parametrize(
    ("enter", "leave", "trades"),
    [
        ("time.hour == 3 and time.minute == 0", "time.hour == 5", 4),  # each day
        ("time.weekday == 2 and time.hour == 1 and time.minute == 5", "time.hour == 2", 1),  # 2 January 2024
        ("time.day == 3 and time.month == 1 and time.hour == 1 and time.minute == 5", "time.hour == 2", 1),
        ("minutes_to_funding == 60", "minutes_to_funding <= 30", 12),  # three a day
        ("minutes_to_funding == 60 and funding_rate != funding_rate[192]", "minutes_to_funding <= 30", 11),
        ("basis < 0 or mark <= close", "close > 0", 0),  # each mark lies 0.3 above
        ("mark > close + 0.2 and mark < close + 0.4 and time.hour == 3 and time.minute == 0", "time.hour == 5", 4),
    ],
)
def test_closes_know_more_than_bars(enter: str, leave: str, trades: int, tmp_path: Path) -> None:
    """As many trades as there are such closes, in a run of its own and as a trial of many."""
    system = system_of()
    reader = reader_of(system)
    changes = sided(enter, leave)
    alone = metrics_alone(system, reader, changes, tmp_path / "alone")
    (figures,) = run_many(world_of_trials(system, reader, changes), [Trial(changes)])
    assert alone["trades"] == trades
    assert_as_alone(figures, alone, changes)


@pytest.mark.parametrize(
    ("written", "instead", "enter", "hint"),
    [
        ("mark_source: mark", "mark_source: last", "basis > 0", "set fills.mark_source: mark"),
        ("slippage_bps: 1", "slippage_bps: 1, funding: none", "funding_rate > 0", "set costs.funding: settled"),
        ("slippage_bps: 1", "slippage_bps: 1, funding: none", "1 > minutes_to_funding", "set costs.funding: settled"),
    ],
)
def test_what_a_system_does_not_load_is_no_name(written: str, instead: str, enter: str, hint: str) -> None:
    """With the value that would let it be known, which is enough."""
    text = TEXT.format(timeframes="{exec: 1m, ltf: 5m, htf: 1h}", symbols=SYMBOL)
    texts = [each.replace("cross_below(f, s)", enter) for each in (text.replace(written, instead), text)]
    lacking, having = (parse_system(each, "many.yml") for each in texts)
    with pytest.raises(ConfigError, match="is not known") as caught:
        parts_of(lacking)
    assert hint in str(caught.value)
    assert parts_of(having)


def test_the_last_price_is_the_mark_where_the_system_says_so() -> None:
    """`mark` is the close then, and no column of its own."""
    text = TEXT.format(timeframes="{exec: 1m, ltf: 5m, htf: 1h}", symbols=SYMBOL).replace(
        "mark_source: mark", "mark_source: last"
    )
    marks, closes = (parse_system(text.replace("cross_below(f, s)", f"{name} > 1"), "many.yml") for name in WORDS)
    one, other = (parts_of(each).strategy.assembled for each in (marks, closes))
    assert one is not None
    assert other is not None
    assert listing(one.program) == listing(other.program)
