"""What is read again of a run: whatever its config may say, and nothing that no config says."""

from __future__ import annotations

from typing import Any

import pytest

from btcli.artifacts.config_shape import require_config
from btcli.config.loading import parse_system
from btcli.config.resolved import identity
from btcli.config.sections import SymbolCosts
from btcli.errors import AccessError

OWN_COSTS = {
    "taker_fee_rate": 0.001,
    "maker_fee_rate": 0.0001,
    "slippage_bps": 4,
    "stop_slippage_bps": 9,
    "impact_k": 0.1,
    "max_participation": 0.3,
    "funding_at_entry": "yes",
}


def config_of(costs: dict[str, Any]) -> dict[str, Any]:
    """The config of a manifest whose one symbol has these costs of its own."""
    system = parse_system(
        f"""
system: small
venue: bybit
symbols: [BTCUSDT]
timeframes: {{ltf: 1h}}
costs: {{per_symbol: {{BTCUSDT: {costs!r}}}}}
risk: {{sizing: {{qty: 1}}}}
strategy: {{use: mtf_trend}}
""",
        "small.yml",
    )
    return identity(system)


@pytest.mark.parametrize("name", OWN_COSTS)
def test_every_cost_that_a_symbol_may_have_is_read_again(name: str) -> None:
    """Each key alone, words as well as numbers."""
    config = config_of({name: OWN_COSTS[name]})
    assert config["costs"]["per_symbol"] == {"BTCUSDT": {name: OWN_COSTS[name]}}
    require_config(config, "run_manifest.json")


def test_no_cost_of_a_symbol_is_left_out_here() -> None:
    """The keys above are all that a config knows."""
    assert OWN_COSTS.keys() == SymbolCosts.model_fields.keys()


@pytest.mark.parametrize("name", ["taker_fee_rate", "slippage_bps", "stop_slippage_bps", "impact_k"])
def test_a_cost_that_is_no_number_is_named(name: str) -> None:
    """What a story reckons with is a number, or the place is said."""
    config = config_of({name: OWN_COSTS[name]})
    config["costs"]["per_symbol"]["BTCUSDT"][name] = "much"
    with pytest.raises(AccessError, match=f"inputs.config.costs.per_symbol.BTCUSDT.{name}"):
        require_config(config, "run_manifest.json")
