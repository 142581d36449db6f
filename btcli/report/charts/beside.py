"""The equity of several runs in one picture, each in percent of what it began with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from btcli.market.series import Floats
from btcli.report.charts.plots import PALETTE, plot, source, time_range
from btcli.report.charts.thinning import kept_rows
from btcli.report.content import RunContent

if TYPE_CHECKING:
    from bokeh.models import Plot

MOST_POINTS = 2_000


def gains_of(content: RunContent) -> tuple[Floats, Floats]:
    """Closes (ms UTC) and the return so far (percent of the first row's equity), thinned, extremes kept."""
    ts, equity = (content.equity[name].to_numpy() for name in ("ts", "equity_usdt"))
    first = equity[0] if equity.size and equity[0] > 0.0 else 1.0
    gained = 100.0 * (equity / first - 1.0)
    rows = kept_rows([gained], MOST_POINTS)
    return ts.astype("datetime64[ms]").astype(np.float64)[rows], gained[rows]


def beside_plot(contents: Sequence[RunContent]) -> tuple[Plot, dict[str, Any]] | None:
    """None where fewer than two runs have an equity curve."""
    from bokeh.models import Line

    drawn = {place: gains_of(each) for place, each in enumerate(contents) if not each.equity.is_empty()}
    if len(drawn) < 2:
        return None
    times = time_range("beside.times", min(ts[0] for ts, _ in drawn.values()), max(ts[-1] for ts, _ in drawn.values()))
    made = plot("beside.equity", times, 260, "0,0.[0]")
    names = []
    for place, (ts, gained) in drawn.items():
        curve = source(f"beside.{place}", ts=ts, gained=gained)
        made.add_glyph(curve, Line(x="ts", y="gained", line_color=color_of(place), line_width=1.8))
        names.append(f"beside.{place}")
    return made, {"range": "beside.times", "plot": "beside.equity", "sources": names}


def color_of(place: int) -> str:
    """Of a run by its place; of many some share one."""
    return PALETTE[place % len(PALETTE)]
