"""What rules look back over is part of what a run loads."""

from __future__ import annotations

import pytest
from many_worlds import parts_of, system_of

from btcli.config.changing import changed, tree_of
from btcli.market.series import ROLES


@pytest.mark.parametrize(
    ("enter", "due"),
    [
        ("close > htf.t", {}),
        ("close > highest(htf.high, 30)[2]", {"htf": 31}),
        ("count(exec.close > exec.open, 7) > 3", {"exec": 6}),
        (
            "count(exec.close[3] > open, 10) > 3",
            {"exec": 9 * 5 + 12},
        ),  # nine closes of five minutes, and what lies inside
        ("highest(close - htf.close, 20) > 1", {"htf": 19}),
        ("rising(close, 500)", {"ltf": 500, "mtf": 500}),  # mtf has the bars of ltf here
        ("cross_above(htf.close, htf.open) and bars_since(htf.close > htf.open) > 2", {}),
    ],
)
def test_what_rules_look_back_over_is_loaded(enter: str, due: dict[str, int]) -> None:
    """Of each role as many bars as the farthest look needs, or as its features do."""
    system = system_of()
    system = changed(system, tree_of(system), {"strategy.rules.long.enter": enter})
    plain, looking = (parts_of(each).spans for each in (system_of(), system))
    bars = {role: looking.role(role).warmup_bars for role in ROLES}
    assert bars == {role: due.get(role, plain.role(role).warmup_bars) for role in ROLES}


def test_a_bar_of_the_window_has_all_that_rules_look_at() -> None:
    """A condition over 500 bars before is known at the first close, and what asks for the most bars is named."""
    system = system_of()
    system = changed(system, tree_of(system), {"strategy.rules.long.enter": "rising(close, 500)"})
    assert "strategy.rules (500 bars of ltf back)" in str(parts_of(system).spans)
