"""The one table of a run's choices: what the config says, what a run is told, and what the rules read."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

from btcli.config.loading import parse_system
from btcli.config.sections import Account, Execution, Risk
from btcli.engine.setup import terms_for
from btcli.exchange.book.terms import TABLE, TERMS, Terms, terms_record

ELSEWHERE = {"mark_source", "initial_equity_usdt", "leverage"}  # of the data, of the account, of each symbol
GIVEN_BY_THE_RUN = {"sizing_value", "maintenance_by_entry_until_ms"}
CHOSEN = """
system: small
venue: bybit
symbols: [BTCUSDT]
timeframes: {ltf: 1h}
account: {margin_mode: isolated}
fills:
  {path: adaptive, trigger_by: mark, limit_rule: touch, take_profit_order: limit, zero_volume: cancel, delay_bars: 2}
risk:
  {sizing: {risk_pct: 1.5}, costs_in_risk: false, max_notional_usdt: 500, stop_equity_usdt: 100, max_drawdown_pct: 20,
  daily_loss_pct: 5, max_open_positions: 3, max_bars_in_trade: 24, on_liquidation: continue, liquidation: full,
  on_opposite_signal: reverse, stop_vs_liquidation: adjust}
strategy: {use: mtf_trend}
"""
FIELDS = {
    "path": 1, "trigger_by_mark": 1, "trade_through": 0, "target_is_limit": 1, "stop_on_liquidation": 0,
    "stop_vs_liquidation": 2, "sizing": 4, "sizing_value": 1.5, "costs_in_risk": 0, "max_notional_usdt": 500.0,
    "stop_equity_usdt": 100.0, "max_drawdown_pct": 20.0, "is_cross": 0, "is_ladder": 0, "cancels_on_zero_volume": 1,
    "max_open_positions": 3, "daily_loss_pct": 5.0, "delay_bars": 2, "maintenance_by_entry_until_ms": 1_756_771_200_000,
    "on_opposite_signal": 2, "max_bars_in_trade": 24,
}  # fmt: skip


def words_of(annotation: Any) -> set[str]:
    """The words that a key of the config may have; none where it takes numbers."""
    return {word for word in get_args(annotation) if isinstance(word, str)}


def config_keys() -> dict[str, set[str]]:
    """Every key of the blocks that hold a run's choices, with its words."""
    sections = (Account, Execution, Risk)
    return {name: words_of(key.annotation) for section in sections for name, key in section.model_fields.items()}


def test_every_choice_of_a_config_is_a_term_with_the_same_words() -> None:
    """A key that no rule reads, and a term that no key gives, would stand out here; of both the words are alike."""
    said, terms = config_keys(), {term.name: set(term.words) for term in TABLE}
    assert said.keys() - ELSEWHERE == terms.keys() - GIVEN_BY_THE_RUN
    worded = {name: words for name, words in said.items() if words and name not in ELSEWHERE}
    assert worded == {name: terms[name] for name in worded}


def test_what_a_config_chooses_is_what_the_rules_read() -> None:
    """Each choice as its number, of files in which none is the default; a path of the call comes first."""
    system = parse_system(CHOSEN, "small.yml")
    record = terms_record(terms_for(system))
    assert {name: record[name].item() for name in FIELDS} == FIELDS
    cross = parse_system(CHOSEN.replace("isolated", "cross").replace("adjust", "warn"), "small.yml")
    assert [terms_record(terms_for(cross))[name].item() for name in ("is_cross", "stop_vs_liquidation")] == [1, 0]
    assert terms_for(system, "optimistic") == terms_for(system)._replace(path="optimistic")


def test_nothing_chosen_is_what_the_rulebook_says() -> None:
    """The worst path, the last price, trade through, a ladder, a stop at a liquidation; no limits."""
    record = terms_record(Terms())
    given = {name: record[name].item() for name in FIELDS if record[name] != 0}
    assert given == {"trade_through": 1, "stop_on_liquidation": 1, "is_ladder": 1, "costs_in_risk": 1}


def test_every_field_is_of_the_table_or_of_the_data() -> None:
    """The record has no field beside the table's, what a run's data adds apart; all are eight bytes wide."""
    fields = [term.field for term in TABLE]
    assert list(TERMS.names or ()) == [*fields, "has_one_series", "n_steps", "maintains_by_entry"]
    assert {TERMS[name] for name in TERMS.names or ()} == {np.dtype("i8"), np.dtype("f8")}
    assert all(term.words or term.unit for term in TABLE)


@pytest.mark.parametrize("chosen", [{"path": "worst"}, {"margin_mode": "portfolio"}, {"sizing": ""}])
def test_a_word_that_does_not_exist_is_named(chosen: dict[str, Any]) -> None:
    """The sentence names the choice, its words and what was said."""
    ((name, word),) = chosen.items()
    words = " or ".join(next(term.words for term in TABLE if term.name == name))
    with pytest.raises(ValueError, match=f"^{name} is {words}, got {word!r}$"):
        terms_record(Terms(**chosen))
