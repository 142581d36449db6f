"""What finer candles settled of a run's ambiguous trades, and what is told of the paths that were not run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from btcli.cli.shown.figures import count, money
from btcli.market.store.where import Store, Stores

if TYPE_CHECKING:
    from btcli.simulation.detail import Detailed


def detail_line(detailed: Detailed, before_usdt: float) -> str:
    """One line on what they settled; `before_usdt` is the final equity without them."""
    if detailed.withheld is not None:
        from rich.markup import escape

        return f"withheld: {escape(detailed.withheld)}"
    if not detailed.ambiguous:
        return "nothing to settle: no trade is ambiguous"
    said = f"{detailed.timeframe} candles settled {detailed.settled} of {count(detailed.ambiguous, 'ambiguous trade')}"
    if detailed.bars:
        after = f"{money(detailed.final_equity_usdt)} USDT instead of {money(before_usdt)}"
        said += f" in {count(detailed.bars, 'bar')}; final equity with them {after}"
    return said + (f"; {count(detailed.without_candles, 'bar')} had none" if detailed.without_candles else "")


def detail_warnings(detailed: Detailed | None, config: Mapping[str, Any], store: Store) -> Iterator[str]:
    """Bars in doubt that stay so for want of candles, and what brings them into the store that the run has read."""
    if detailed is None:
        return
    if detailed.withheld is not None:
        yield f"what finer candles settle is withheld: {detailed.withheld}"
    if not detailed.without_candles:
        return
    kinds = "trade and mark candles" if config["fills"]["mark_source"] == "mark" else "trade candles"
    bring = _bring(detailed.timeframe, config, store)
    bars = count(detailed.without_candles, "bar")
    yield f"{bars} in doubt without stored {kinds} of {detailed.timeframe}: {bring} brings them"


def _bring(timeframe: str, config: Mapping[str, Any], store: Store) -> str:
    """The command; a system says its environment itself."""
    if config["venue"] == "sample":
        return f"btcli data sample --detail {timeframe}{Stores(store.folder).options}"
    symbols = "".join(f" --symbol {shlex.quote(symbol)}" for symbol in config["symbols"])
    return f"btcli data sync --venue {config['venue']}{symbols} --timeframe {timeframe}{store.options}"
