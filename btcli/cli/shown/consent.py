"""Showing what would be fetched, and asking before it is much."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from btcli.cli.edge.progress import FetchingBar, fetching_bar
from btcli.errors import AnswerIsNo, RequestError
from btcli.legible.figures import short_moment
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.market.health import PlannedCall
    from btcli.registry.seals import Consent
    from btcli.research.folder import SweepDir
    from btcli.story.finding import FoundRun
    from btcli.tools.planning import HealPlan
    from btcli.workflows.run.preflight import Healing

ASK_ABOVE_REQUESTS = 200
SHOWN_RANGES = 8


def plan_lines(plan: HealPlan) -> list[str]:
    """A line per call with its ranges, requests and rows, and one for all of them."""
    lines = [
        f"{planned(call)}: {_counted(weight.requests, 'request')}, {_counted(weight.rows, 'row')}"
        for call, weight in zip(plan.calls, plan.weights, strict=True)
    ]
    return [*lines, f"in all about {_counted(plan.requests, 'request')} and {_counted(plan.rows, 'row')}"]


def planned(call: PlannedCall, most: int = SHOWN_RANGES) -> str:
    """A call of the plan with its series and at most so many ranges, or with what it is called with instead."""
    arguments = call.arguments
    if "series" not in arguments:
        words = (each if isinstance(each, str) else ", ".join(each) for each in arguments.values())
        return " ".join((call.tool, *words))
    ranges = arguments.get("ranges") or ((arguments["start_ms"], arguments["end_ms"]),)
    shown = ranges[:most]
    spans = ", ".join(f"{short_moment(utc_text(start))} to {short_moment(utc_text(end))}" for start, end in shown)
    more = f" and {len(ranges) - most} more" if len(ranges) > most else ""
    return f"{call.tool} {arguments['series']} {spans}{more}"


def asking(*, yes: bool, quiet: bool, bar: FetchingBar | None = None) -> Callable[[HealPlan], None]:
    """Shows the plan on stderr and asks when it is large; `quiet` shows nothing and cannot ask."""

    def consent(plan: HealPlan) -> None:
        if bar is not None:
            bar.pause()
        if not quiet:
            from btcli.cli.edge.screen import first_lines

            say(*(f"to fetch: {line}" for line in first_lines(plan_lines(plan))))
        require_consent(plan.requests, yes=yes, quiet=quiet)

    return consent


def require_consent(requests: int, *, yes: bool, quiet: bool) -> None:
    """Ask when there are many requests; raises AnswerIsNo for a no, RequestError where nobody can be asked."""
    if requests <= ASK_ABOVE_REQUESTS or yes:
        return
    confirm(f"Fetch with about {requests:,} requests?", quiet=quiet, otherwise="nothing was fetched")


def confirm(question: str, *, quiet: bool, otherwise: str, agree: str = "--yes") -> None:
    """Ask on stderr; raises AnswerIsNo(`otherwise`) for a no, RequestError where nobody can be asked.

    `agree` is the option that agrees to it beforehand.
    """
    if quiet or not sys.stdin.isatty():
        raise RequestError(f"{question} Nobody is here to ask", hint=f"agree to it with {agree}")
    import typer

    if not typer.confirm(question, err=True):
        raise AnswerIsNo(otherwise)


def unsealing(*, unseal: bool, quiet: bool) -> Consent:
    """How a verb asks before it reads inside a sealed window; `unseal` has agreed already."""
    from btcli.registry.asking import UNSEAL, agreeing, asked_by

    def ask(question: str) -> None:
        confirm(question, quiet=quiet, otherwise="nothing was read, and the seal is closed", agree=UNSEAL)

    return agreeing if unseal else asked_by(ask)


def find_open_run(named: str, runs: Path, consent: Consent, option: str = "--out") -> FoundRun:
    """The run that is meant, once whatever of it was sealed is open; raises what finding, reading and asking raise."""
    from btcli.registry.asking import open_for_runs
    from btcli.story.finding import find_run

    found = find_run(named, runs, option)
    open_for_runs([found.path], runs, consent)
    return found


def open_sweep(named: str, sweeps: Path, *, unseal: bool, quiet: bool) -> SweepDir:
    """The sweep that is meant, once whatever of it was sealed is open."""
    from btcli.workflows.research import sweeps as workflow

    return workflow.open_sweep(named, sweeps, unsealing(unseal=unseal, quiet=quiet))


@contextmanager
def watched_healing(*, yes: bool, quiet: bool) -> Iterator[Healing]:
    """How a verb heals: the plan first, a question above 200 requests, and a bar on a terminal."""
    from btcli.workflows.run.preflight import Healing

    with fetching_bar(quiet=quiet) as bar:
        yield Healing(asking(yes=yes, quiet=quiet, bar=bar), bar, None if quiet else say)


def say(*lines: str) -> None:
    """Lines on stderr, for whoever watches."""
    from btcli.cli.edge.screen import notices

    for line in lines:
        notices().print(line, style="dim", soft_wrap=True, markup=False)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
