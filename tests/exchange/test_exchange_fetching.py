"""What is asked for ahead: machine code that changes nothing, needs nothing, and may name any place."""

from __future__ import annotations

import numpy as np
import pytest

from btcli.exchange.machine.building import build
from btcli.exchange.machine.compiled import entry, plain
from btcli.exchange.machine.fetching import fetch_at
from btcli.exchange.machine.symbols import outside


@entry
def ask(address: int) -> int:
    """Ask for what lies at an address, and for what lies around it."""
    for n in range(-64, 65, 8):
        fetch_at(address + n)
    return 7


@pytest.mark.parametrize("address", [0, 8, -1, 2**62])
def test_any_place_may_be_asked_for(address: int) -> None:
    """A place that nobody has is no failure, in either form."""
    assert ask(address) == plain(ask)(address) == 7


def test_nothing_changes_and_nothing_is_needed() -> None:
    """The numbers that lie there stay, and the object leaves no symbol open."""
    numbers = np.arange(64.0)
    assert ask(numbers.ctypes.data) == 7
    assert numbers.tolist() == list(range(64))
    assert not outside(build(ask))
