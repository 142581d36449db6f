"""What is planned and not there yet is refused, never ignored."""

from __future__ import annotations

import pytest
from config_texts import MINIMAL, problems_of

from btcli.config.not_yet import NOT_YET

REFUSED = {
    "symbols=[BTCUSDT, ETHUSDT]": "more than one symbol",
    "account.margin_mode=cross": "cross margin",
    "costs.impact_k=0.1": "price impact",
    "costs.max_participation=0.1": "a participation cap",
    "fills.delay_bars=1": "a delay of orders",
    "fills.zero_volume=cancel": "cancelling on zero volume",
    "risk.daily_loss_pct=5": "a daily loss limit",
    "risk.max_open_positions=1": "a limit of open positions",
    "risk.liquidation=ladder": "liquidation tier by tier",
    "strategy.rules={long: {enter: a}}": "a strategy of rules",
    "costs.per_symbol={BTCUSDT: {impact_k: 1}}": "price impact",
    "costs.per_symbol={BTCUSDT: {max_participation: 0.5}}": "a participation cap",
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
