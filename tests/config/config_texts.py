"""System files in text, for the tests of the config."""

from __future__ import annotations

import pytest

from btcli.config.loading import parse_system
from btcli.config.model import System
from btcli.errors import ConfigError

MINIMAL = """\
system: minimal
venue: bybit
symbols: [BTCUSDT]
timeframes: {ltf: 1h}
risk: {sizing: {qty: 0.01}}
strategy: {use: ema_rsi_atr}
"""


def system_of(*lines: str, overrides: tuple[str, ...] = ()) -> System:
    """The minimal system with more lines and overrides."""
    return parse_system(MINIMAL + "\n".join(lines) + "\n", "system.yml", overrides)


def problems_of(text: str, *overrides: str) -> list[str]:
    """What is wrong with the text, a line per problem."""
    with pytest.raises(ConfigError) as caught:
        parse_system(text, "system.yml", overrides)
    return str(caught.value).splitlines()
