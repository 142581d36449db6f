"""The parts of a page that are no time charts: each takes a run's content and gives its markup.

`ABOVE` stand before the charts of a run, `BELOW` after them, `BESIDE` before all runs where there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from btcli.report.content import RunContent
from btcli.report.html import Markup
from btcli.report.sections.beside import side_by_side
from btcli.report.sections.costs import costs
from btcli.report.sections.exposure import exposure
from btcli.report.sections.falls import falls
from btcli.report.sections.first import findings, heading, key_figures, paths
from btcli.report.sections.funnel import funnel
from btcli.report.sections.groups import groups
from btcli.report.sections.origin import origin
from btcli.report.sections.pictures import pictures
from btcli.report.sections.returns import returns
from btcli.report.sections.settings import settings
from btcli.report.sections.trades import trades

Section = Callable[[RunContent], Markup]

ABOVE: tuple[Section, ...] = (heading, findings, key_figures, paths)
BELOW: tuple[Section, ...] = (
    trades,
    returns,
    falls,
    pictures,
    groups,
    costs,
    exposure,
    funnel,
    settings,
    origin,
)
BESIDE: tuple[Callable[[Sequence[RunContent]], Markup], ...] = (side_by_side,)
IN_SHORT: Mapping[str, str] = MappingProxyType(
    {
        "account": "equity",
        "prices": "prices",
        "trades": "trades",
        "returns": "returns",
        "falls": "drawdowns",
        "pictures": "spread",
        "groups": "groups",
        "costs": "costs",
        "exposure": "exposure",
        "funnel": "funnel",
        "settings": "settings",
        "origin": "origin",
    }
)  # what leads to the parts of a run, the charts' own among them, in the order of the page
