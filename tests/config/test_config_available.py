"""Everything the exchange can do may be asked for, and what contradicts itself is refused."""

from __future__ import annotations

import pytest
from config_texts import MINIMAL, problems_of, system_of

from btcli.config.checks import MAX_SYMBOLS
from btcli.config.loading import parse_system
from btcli.config.resolved import resolved_text
from btcli.exchange.book import records as values

ACCEPTED = (
    "symbols=[BTCUSDT, ETHUSDT]",
    "account.margin_mode=cross",
    "costs.impact_k=0.1",
    "costs.max_participation=0.1",
    "fills.delay_bars=1",
    "fills.zero_volume=cancel",
    "risk.daily_loss_pct=5",
    "risk.max_open_positions=1",
    "risk.liquidation=full",
    "costs.funding=none",
    "costs.funding=settled",
    "costs.funding_at_entry=yes",
    "costs.per_symbol={BTCUSDT: {funding_at_entry: no}}",
    "costs.per_symbol={BTCUSDT: {impact_k: 1, max_participation: 0.5}}",
)


@pytest.mark.parametrize("override", ACCEPTED)
def test_a_key_of_the_exchange_is_accepted(override: str) -> None:
    """A system with it loads."""
    assert system_of(overrides=(override,)).symbols[0] == "BTCUSDT"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("risk.liquidation=ladder", "risk.liquidation: ladder has no meaning with cross margin (use full)"),
        ("risk.stop_vs_liquidation=reject", "risk.stop_vs_liquidation: reject has no meaning with cross margin"),
    ],
)
def test_what_isolated_margin_means_is_refused_with_cross(override: str, said: str) -> None:
    """Ladder and stop rules speak of the liquidation of one position; nothing is silently ignored."""
    (found,) = problems_of(MINIMAL, "account.margin_mode=cross", override)
    assert said in found


def test_a_cross_account_is_liquidated_whole_unless_the_file_says_otherwise() -> None:
    """The ladder is the default of isolated margin alone, so that what is resolved reads back."""
    system = system_of(overrides=("account.margin_mode=cross",))
    assert (system_of().risk.liquidation, system.risk.liquidation) == ("ladder", "full")
    assert parse_system(resolved_text(system), "system.resolved.yml").risk == system.risk


@pytest.mark.parametrize("value", ["true", "never", "1", "none"])
def test_funding_at_the_entry_is_one_of_three_words(value: str) -> None:
    """Anything but venue, yes and no is refused at its key."""
    (found,) = problems_of(MINIMAL, f"costs.funding_at_entry={value}")
    assert "costs.funding_at_entry" in found


@pytest.mark.parametrize("value", ["true", "no", "0", "null", "paid"])
def test_funding_is_settled_or_none(value: str) -> None:
    """Anything but the two words is refused at its key."""
    (found,) = problems_of(MINIMAL, f"costs.funding={value}")
    assert "costs.funding" in found


@pytest.mark.parametrize(
    "override",
    [
        "costs.funding_at_entry=yes",
        "costs.funding_at_entry=no",
        "data.funding_mark=8h",
        "costs.per_symbol.BTCUSDT.funding_at_entry=venue",
    ],
)
def test_what_says_how_funding_is_settled_is_refused_where_it_is_left_out(override: str) -> None:
    """Nothing that a file says is ignored in silence: each such key is named, with what it contradicts."""
    key = override.partition("=")[0]
    (found,) = problems_of(MINIMAL, "costs.funding=none", override)
    assert f"{key}: has no meaning with costs.funding: none" in found


def test_a_contradiction_in_a_file_has_its_place() -> None:
    """The line and column of the key that has no meaning."""
    (found,) = problems_of(MINIMAL + "costs: {funding: none}\ndata: {funding_mark: 8h}\n")
    assert found.startswith("system.yml:8:8 data.funding_mark: ")


def test_as_many_symbols_as_the_exchange_holds() -> None:
    """The limit of the config is that of the exchange, and 100 symbols are within it."""
    assert MAX_SYMBOLS == values.MAX_SYMBOLS
    assert MAX_SYMBOLS >= 100
    names = ", ".join(f"A{n}USDT" for n in range(MAX_SYMBOLS + 1))
    (found,) = problems_of(MINIMAL, f"symbols=[{names}]")
    assert "a run has at most 128 symbols, got 129" in found
