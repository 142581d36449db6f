"""docs/strategies.md tells everything that a strategy sees and may say."""

from __future__ import annotations

import dataclasses
import re

import pytest
from pages import ROOT, prose_of

from btcli.strategies import Strategy
from btcli.strategies.signal import Signal
from btcli.strategies.snapshot import ExchangeState, FeatureSnapshot, RuntimeSnapshot

PAGE = prose_of(ROOT / "docs" / "strategies.md")
SEEN = (
    *(field.name for kind in (RuntimeSnapshot, FeatureSnapshot, Signal) for field in dataclasses.fields(kind)),
    *ExchangeState._fields,
    *(name for name in vars(Strategy) if not name.startswith("_") and name[0].islower()),
)


@pytest.mark.parametrize("name", [*dict.fromkeys(SEEN)])
def test_every_name_is_told(name: str) -> None:
    """Each field of a snapshot and of a signal, and each word of a strategy's class, stands on the page."""
    assert re.search(rf"`[^`]*\b{name}\b[^`]*`", PAGE)
