"""The account over time: equity with what fees and funding took of it as bands, drawdown, margin in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from btcli.market.series import Floats
from btcli.report.charts.plots import plot, source, time_range
from btcli.report.charts.thinning import kept_rows
from btcli.report.content import Paid, RunContent

if TYPE_CHECKING:
    from bokeh.models import Plot

MOST_POINTS = 4_000
BLUE, ORANGE, VIOLET, RED, GREY = "#3b82f6", "#f59e0b", "#8b5cf6", "#ef5350", "#94a3b8"


class Curves(NamedTuple):
    """The account at the closes that are drawn: float64[n] each, ms UTC, USDT and percent.

    `before_fees` is what the equity were had the fees so far not been paid, `before_costs` without funding too.
    """

    ts: Floats
    equity: Floats
    before_fees: Floats
    before_costs: Floats
    drawdown: Floats
    margin: Floats


def curves_of(content: RunContent) -> Curves:
    """Thinned so that no extreme of any of the curves is lost."""
    frame = content.equity
    ts = frame["ts"].dt.epoch("ms").to_numpy().astype(np.float64)
    equity, margin = (frame[name].to_numpy() for name in ("equity_usdt", "used_margin_usdt"))
    fees, funding = paid_until(content.paid, ts)
    share = np.divide(100.0 * margin, equity, out=np.zeros(margin.size), where=equity > 0.0)
    whole = Curves(ts, equity, equity + fees, equity + fees + funding, -frame["drawdown_pct"].to_numpy(), share)
    rows = kept_rows(whole[1:], MOST_POINTS)
    return Curves._make(np.ascontiguousarray(column[rows], np.float64) for column in whole)


def paid_until(paid: Paid, ts_ms: Floats) -> tuple[Floats, Floats]:
    """Fees and funding booked before each close: what is booked at its moment comes after it."""
    before = np.searchsorted(paid.ts_ms, ts_ms, side="left")
    fees, funding = (np.concatenate(([0.0], np.cumsum(each))) for each in (paid.fees_usdt, paid.funding_usdt))
    return fees[before], funding[before]


def equity_plots(run: str, content: RunContent) -> tuple[list[Plot], dict[str, Any]]:
    """Equity, drawdown and margin one below the other; `run` begins the names of all models."""
    from bokeh.models import Line, VArea

    curves = curves_of(content)
    times = time_range(f"{run}.account", curves.ts[0], curves.ts[-1])
    drawn = source(f"{run}.curves", **curves._asdict(), zero=np.zeros(curves.ts.size))
    equity = plot(f"{run}.equity", times, 260, "0,0.[00]", shows_times=False)
    drawdown = plot(f"{run}.drawdown", times, 120, "0.[0]", shows_times=False)
    margin = plot(f"{run}.margin", times, 110, "0.[0]")
    for name, low, high, color in (
        ("fees", "equity", "before_fees", ORANGE),
        ("funding", "before_fees", "before_costs", VIOLET),
    ):
        band = VArea(x="ts", y1=low, y2=high, fill_color=color, fill_alpha=0.3)
        equity.add_glyph(drawn, band, name=f"{run}.{name}")
    equity.add_glyph(drawn, Line(x="ts", y="equity", line_color=BLUE, line_width=1.8))
    drawdown.add_glyph(drawn, VArea(x="ts", y1="zero", y2="drawdown", fill_color=RED, fill_alpha=0.3))
    drawdown.add_glyph(drawn, Line(x="ts", y="drawdown", line_color=RED))
    margin.add_glyph(drawn, VArea(x="ts", y1="zero", y2="margin", fill_color=GREY, fill_alpha=0.35))
    shown = {
        equity.name: ["equity", "before_fees", "before_costs"],
        drawdown.name: ["drawdown", "zero"],
        margin.name: ["margin", "zero"],
    }
    return [equity, drawdown, margin], {"range": times.name, "source": drawn.name, "shown": shown}
