"""The inputs of a run that no preflight went before, with what of their rows is worth a second look."""

from __future__ import annotations

from dataclasses import replace

from btcli.market.health.inside import odd_rows
from btcli.market.loader import RunInputs, load_run_inputs, with_signals
from btcli.market.reader import HoldingReader, RowReader
from btcli.simulation.parts import Prepared


def inputs_looked_at(reader: RowReader, parts: Prepared) -> RunInputs:
    """Read once, and looked at; raises what `load_run_inputs` raises."""
    held = HoldingReader(reader)
    inputs = with_signals(load_run_inputs(held, parts.system, parts.spans), parts.signals)
    return replace(inputs, odd=odd_rows(held, parts.system, parts.spans, parts.instruments))
