"""docs/system.md names every key with the default that the code has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from test_config_defaults import CHOICES, DEFAULTS

from btcli.config.rules import Rules
from btcli.config.sections import Signals
from btcli.config.specs.symbol import SymbolSpecs, TierSpecs

PAGE = (Path(__file__).parents[2] / "docs" / "system.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells
    for cells in ([cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines())
    if len(cells) == 4
}
REQUIRED = ("system", "venue", "symbols", "timeframes.ltf", "risk.sizing", "strategy.use")
RULES = {"strategy.rules", *(f"strategy.rules.{key}" for key in Rules.model_fields)}
SPEC_KEYS = {field.alias or name for name, field in {**SymbolSpecs.model_fields, **TierSpecs.model_fields}.items()}
SIGNALS = {f"signals.{key}" for key in Signals.model_fields}
ELSEWHERE = {"timeframes.exec", "timeframes.mtf", "timeframes.htf", "costs.taker_fee_rate", "costs.maker_fee_rate"}


def written(default: Any) -> str:
    """A default as the table writes it."""
    if default is None or default == {}:
        return "none"
    return (
        str(default).lower()
        if isinstance(default, bool)
        else f"{default:g}"
        if isinstance(default, float)
        else str(default)
    )


@pytest.mark.parametrize("key", [key for key in DEFAULTS if key != "instruments"])
def test_the_table_has_each_key_with_its_default(key: str) -> None:
    """What the table says a key is when left out is what it is."""
    assert ROWS[key][2] == written(DEFAULTS[key])


@pytest.mark.parametrize("key", CHOICES)
def test_the_table_has_each_word_of_a_key(key: str) -> None:
    """Every word that can be chosen is in the table."""
    assert [word for word in CHOICES[key] if word not in ROWS[key][1]] == []


def test_the_table_has_no_other_keys() -> None:
    """No row is about a key that does not exist, and the required ones say so."""
    assert set(ROWS) == {*DEFAULTS, *REQUIRED, *ELSEWHERE, *SIGNALS, *RULES, *SPEC_KEYS, "key", "---"}
    assert [ROWS[key][2].partition(",")[0] for key in REQUIRED] == ["required"] * len(REQUIRED)
    assert ROWS["instruments"][2] == "packaged"


def test_the_main_page_leads_to_this_one() -> None:
    """Whoever reads README.md finds every key of a system in one step."""
    assert "(docs/system.md)" in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
