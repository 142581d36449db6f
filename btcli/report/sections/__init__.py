"""The parts of a page that are no time charts: each takes a run's content and gives its markup.

`ABOVE` stand before the charts of a run, `BELOW` after them, `BESIDE` before all runs where there are several.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from btcli.report.content import RunContent
from btcli.report.html import Markup

Section = Callable[[RunContent], Markup]

ABOVE: tuple[Section, ...] = ()
BELOW: tuple[Section, ...] = ()
BESIDE: tuple[Callable[[Sequence[RunContent]], Markup], ...] = ()
