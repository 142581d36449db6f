"""Parts of exits whose share of a fixed size is less than one step: known before anything is run."""

from __future__ import annotations

from collections.abc import Iterator

from btcli.config.findings import key_of
from btcli.config.model import System
from btcli.config.rules import SIDES, Rules, Side
from btcli.config.specs.instruments import load_instruments

NUDGE = 1e-9  # a third of 0.003 is 0.001


def small_shares(system: System) -> Iterator[str]:
    """A sentence for each part that would close nothing of what an entry fills, with its place in the file."""
    specs = load_instruments(system)
    for symbol in system.symbols:
        rules = system.strategy_of(symbol).rules
        for side in SIDES if rules is not None else ():
            qty = None if rules is None else _qty(system, rules, side)
            if rules is None or qty is None:
                continue
            for place, part in enumerate(rules.whole(side, "exits") or ()):
                steps = part["share"] * qty / float(specs[symbol].qty_step)
                if steps + NUDGE < 1.0:
                    path = (*system.rules_path(symbol), *(rules.place_of_key(side, "exits") or ()), place, "share")
                    key = key_of(path)
                    of = f"{part['share'] * 100:.6g} % of {qty:.10g} coins"
                    said = f"closes nothing of {symbol}: {of} is less than its step of {specs[symbol].qty_step}"
                    yield f"{system.where_value(key)} {key}: {said}"


def _qty(system: System, rules: Rules, side: Side) -> float | None:
    """What an entry of a side fills, where that is one number."""
    if rules.whole(side, "size") is None:
        return system.risk.sizing.value if system.risk.sizing.mode == "qty" else None
    try:
        return float(rules.said(side, "size.qty") or "")
    except ValueError:
        return None
