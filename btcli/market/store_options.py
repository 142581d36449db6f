"""The options by which a store and a series in it are named, for commands that a message tells to paste."""

from __future__ import annotations

import shlex
from pathlib import Path

from btcli.market.series import Series

STORE, ENV = Path("data"), "live"  # what is meant when nothing is said


def store_options(store: Path, env: str = ENV) -> str:
    """As " --data /srv/store --env demo"; nothing of what is meant anyway."""
    data = "" if store == STORE else f" --data {shlex.quote(str(store))}"
    return data if env == ENV else f"{data} --env {env}"


def options_of(series: Series) -> str:
    """As "--venue bybit --symbol BTCUSDT --series trade --timeframe 5m"."""
    timeframe = f" --timeframe {series.timeframe}" if series.timeframe else ""
    return f"--venue {series.venue} --symbol {shlex.quote(series.symbol)} --series {series.kind}{timeframe}"
