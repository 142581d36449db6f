"""The places of the charts in a page, their legends and their controls; every name in them is text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from btcli.report.charts.beside import color_of
from btcli.report.charts.equity import BLUE, ORANGE, VIOLET
from btcli.report.charts.price import Prices, Slot
from btcli.report.content import RunContent
from btcli.report.html import Markup, element, together

if TYPE_CHECKING:
    from bokeh.models import Plot

SPANS = {"All": 0, "1M": 30, "1W": 7, "1D": 1}  # days
DAY_MS = 86_400_000
HINT = "Drag to move, ctrl + wheel or pinch to zoom. A click in the table of trades leads here."
MARKS = (
    "Triangles are entries, up for long and down for short; circles are exits. Level lines are the stop (red), the "
    "target (green) and the liquidation price (violet); the chosen trade has its risk and its reward as areas."
)


def account_markup(run: str, plots: Sequence[Plot]) -> Markup:
    """Equity, drawdown and margin in use."""
    equity, drawdown, margin = plots
    legend = element(
        "p",
        _swatch(BLUE, "equity, USDT"),
        _swatch(ORANGE, "paid in fees"),
        _swatch(VIOLET, "paid in funding"),
        class_="legend",
    )
    return element(
        "section",
        element("h2", "Equity"),
        legend,
        element("p", class_="readout"),
        _place(equity),
        element("h4", "Drawdown, %"),
        _place(drawdown),
        element("h4", "Margin in use, % of equity"),
        _place(margin),
        class_="part charts account",
        id=f"{run}-account",
    )


def beside_markup(contents: Sequence[RunContent], plot: Plot) -> Markup:
    """The equity of all runs in one picture."""
    names = (_swatch(color_of(place), f"{each.name} {each.run_id}") for place, each in enumerate(contents))
    return element(
        "section",
        element("h2", "Return so far, %"),
        element("p", *names, class_="legend"),
        _place(plot),
        class_="part charts beside",
        id="beside",
    )


def prices_markup(run: str, content: RunContent, prices: Prices) -> Markup:
    """Candles, trades and features, with what chooses among them."""
    main, *_ = prices.plots
    panes = iter(prices.plots[1:])
    below = [_pane(place, slot, next(panes)) for place, slot in enumerate(prices.slots) if slot.in_pane]
    return element(
        "section",
        element("h2", "Prices and trades"),
        element("div", _symbols(content), _spans(), _steps(), class_="controls"),
        element("p", *(_choice(place, slot) for place, slot in enumerate(prices.slots)), class_="legend"),
        element("p", class_="readout"),
        _place(main),
        *below,
        element("p", MARKS, " ", HINT, class_="hint"),
        class_="part charts prices",
        id=f"{run}-prices",
    )


def _place(plot: Plot) -> Markup:
    return element("div", class_="chart", id=str(plot.name))


def _pane(place: int, slot: Slot, plot: Plot) -> Markup:
    name = element("h4", f"{slot.role} {slot.timeframe} {slot.name}")
    return element("div", name, _place(plot), class_="pane", data_pane=place, hidden=not slot.is_shown)


def _swatch(color: str, said: str) -> Markup:
    return element("span", _patch(color), said)


def _patch(color: str) -> Markup:
    whole = {"width": "14", "height": "5"}
    return element("svg", element("rect", fill=color, **whole), aria_hidden="true", **whole)


def _choice(place: int, slot: Slot) -> Markup:
    """A feature's name behind the box that shows it."""
    box = element("input", type="checkbox", data_line=place, checked=slot.is_shown)
    name = element("strong", f"{slot.role}.{slot.name}")
    told = element("small", f"{slot.timeframe} {slot.expression}")
    return element("label", box, _patch(slot.color), name, told)


def _symbols(content: RunContent) -> Markup | None:
    """A choice where there is one."""
    if len(content.candles) < 2:
        return None
    options = (element("option", symbol, value=place) for place, symbol in enumerate(content.candles))
    return element("select", *options, aria_label="symbol")


def _spans() -> Markup:
    buttons = (element("button", name, type="button", data_span=days * DAY_MS) for name, days in SPANS.items())
    zoom = (element("button", sign, type="button", data_zoom=factor) for sign, factor in (("−", "2"), ("+", "0.5")))
    return together(element("span", *buttons, class_="buttons"), element("span", *zoom, class_="buttons"))


def _steps() -> Markup:
    """From trade to trade."""
    before = element("button", "‹", type="button", data_step="-1", aria_label="trade before")
    after = element("button", "›", type="button", data_step="1", aria_label="next trade")
    return element("span", before, element("span", "trades", class_="chosen"), after, class_="buttons")
