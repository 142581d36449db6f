"""All time charts of a page: a place in the page for each, and one description of all for its script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from btcli.report.charts.beside import beside_plot
from btcli.report.charts.document import described
from btcli.report.charts.equity import equity_plots
from btcli.report.charts.markup import account_markup, beside_markup, prices_markup
from btcli.report.charts.price import price_plots
from btcli.report.content import RunContent
from btcli.report.html import Markup, together

if TYPE_CHECKING:
    from bokeh.models import Model


class Drawn(NamedTuple):
    """The markup of each run's charts, in the order of the runs, and the values that the script reads.

    `beside` is the chart of all runs; nothing where there is one run.
    """

    beside: Markup
    runs: tuple[Markup, ...]
    described: dict[str, Any]


def drawn(contents: Sequence[RunContent]) -> Drawn:
    """The charts of these runs in one document, so that bokeh is started once."""
    roots: list[Model] = []
    stores: list[Model] = []
    runs, facts, beside = [], [], Markup("")
    compared = beside_plot(contents)
    if compared is not None:
        roots.append(compared[0])
        beside = beside_markup(contents, compared[0])
    for place, content in enumerate(contents):
        run = f"run{place}"
        markup, known = _run(run, content, roots, stores)
        runs.append(markup)
        facts.append(known)
    if roots:
        roots[0].tags = list(stores)  # they are drawn nowhere, and go with the first chart
    page: dict[str, Any] = {**described(roots), "targets": [str(root.name) for root in roots], "runs": facts}
    page["beside"] = None if compared is None else compared[1]
    return Drawn(beside, tuple(runs), page)


def _run(run: str, content: RunContent, roots: list[Model], stores: list[Model]) -> tuple[Markup, dict[str, Any]]:
    known: dict[str, Any] = {}
    markup = []
    if not content.equity.is_empty():
        plots, known["account"] = equity_plots(run, content)
        roots += plots
        markup.append(account_markup(run, plots))
    prices = price_plots(run, content)
    if prices is not None:
        roots += prices.plots
        stores += prices.stores
        known["prices"] = prices.facts
        markup.append(prices_markup(run, content, prices))
    return together(*markup), known
