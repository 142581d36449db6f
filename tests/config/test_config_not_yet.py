"""What is planned and not there yet is refused, never ignored."""

from __future__ import annotations

import pytest
from config_texts import MINIMAL, problems_of

from btcli.config.not_yet import NOT_YET

REFUSED = {
    "strategy.rules={long: {enter: a}}": "a strategy of rules",
}


@pytest.mark.parametrize("override", REFUSED)
def test_a_value_that_is_not_available_is_refused(override: str) -> None:
    """A value the simulation cannot honour is a problem of its key that says what to use instead."""
    (found,) = problems_of(MINIMAL, override)
    assert f"{REFUSED[override]} is not available yet (" in found
    assert found.startswith(f"--set {override.partition('=')[0]}")


def test_every_entry_of_the_list_is_tested() -> None:
    """No entry can be added or removed without this test noticing."""
    assert {entry.what for entry in NOT_YET} == set(REFUSED.values())


def test_rules_instead_of_use_are_one_problem() -> None:
    """Who writes rules is told that they are not available, not that `use` is missing."""
    text = MINIMAL.replace("{use: ema_rsi_atr}", "{rules: {long: {enter: a}}}")
    assert problems_of(text) == [
        "system.yml:6:12 strategy.rules: a strategy of rules is not available yet (name a strategy with use)"
    ]
