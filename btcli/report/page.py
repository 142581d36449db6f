"""One HTML file of several runs that needs nothing but a browser."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

from btcli import __version__
from btcli.report.charts.document import library, version
from btcli.report.charts.drawing import drawn
from btcli.report.charts.fitting import fitted
from btcli.report.content import RunContent
from btcli.report.html import Markup, element, json_block, own_source, together
from btcli.report.sections import ABOVE, BELOW, BESIDE, IN_SHORT

STYLES = ("page.css", "charts.css")
SCRIPTS = ("page.js", "charts.js")
WITHOUT_SCRIPTS = "Charts and the table of trades are drawn by the page's own scripts, which are switched off here."


def page_of(contents: Sequence[RunContent]) -> bytes:
    """The page of these runs as UTF-8: the same bytes for the same contents and version of bokeh.

    A row of a table with `data_run` (the run's place in `contents`) and `data_trade` (its id) jumps to that trade in
    the charts when it is clicked.
    """
    contents = fitted(contents)
    styles = [_asset(name) for name in STYLES]
    scripts = [library(), *(_asset(name) for name in SCRIPTS)]
    charts = drawn(contents)
    names = " · ".join(content.name for content in contents)
    head = together(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", names),
        *(own_source("style", style) for style in styles),
    )
    still = element("noscript", element("p", WITHOUT_SCRIPTS))
    beside = [section(contents) for section in BESIDE] if len(contents) > 1 else []
    runs = [_run(place, content, charts.runs[place]) for place, content in enumerate(contents)]
    made = element("footer", f"btcli {__version__}, charts by bokeh {version()}")
    held = json_block("charts", charts.described)
    body = together(
        still, *beside, charts.beside, *runs, made, held, *(own_source("script", script) for script in scripts)
    )
    document = element("html", element("head", head), element("body", body), lang="en")
    return f"<!DOCTYPE html>\n{document}\n".encode()


def _run(place: int, content: RunContent, charts: Markup) -> Markup:
    """A run: its head with ways to all parts, and the parts, each under the name of its section."""
    head, *above = (section(content) for section in ABOVE)
    below = [element("div", section(content), id=f"run{place}-{section.__name__}") for section in BELOW]
    parts = together(*above, charts, *below)
    ways = [
        element("a", said, href=f"#run{place}-{name}")
        for name, said in IN_SHORT.items()
        if f' id="run{place}-{name}"' in parts
    ]
    led = element("nav", *ways, aria_label="parts")
    return element("article", head, led, parts, class_="run", id=f"run{place}", data_run=str(place))


def _asset(name: str) -> str:
    """A file of this package; none of them holds the end of its own element."""
    return (files("btcli.report") / "assets" / name).read_text("utf-8")


def _policy(scripts: Sequence[str]) -> str:
    """Only these very scripts run, nothing is fetched, nothing is sent."""
    hashes = " ".join(f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
