"""`btcli run`: preflight, simulation, artifacts, summary."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.grouping import grouped
from btcli.cli.edge.options import (
    RUNS,
    EndOption,
    HealOption,
    JsonOption,
    OutOption,
    StartOption,
    StoreChoice,
    Subject,
    YesOption,
)
from btcli.cli.edge.watching import watched

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@grouped
@watched
def run(
    *,
    subject: Subject,
    start: StartOption = None,
    end: EndOption = None,
    no_preflight: Annotated[
        bool, typer.Option("--no-preflight", help="Run on data that nobody checked; the manifest says so.")
    ] = False,
    heal: HealOption = False,
    yes: YesOption = False,
    store: StoreChoice,
    out: OutOption = RUNS,
    pack: Annotated[bool, typer.Option("--pack", help="Keep the exact input data beside the results.")] = False,
    detail: Annotated[
        str | None,
        typer.Option("--detail", help="Decide ambiguous trades by stored candles of this timeframe, such as 1m."),
    ] = None,
    require_decisions: Annotated[
        bool,
        typer.Option("--require-decisions", help="Answer no (exit 1) when nothing could be decided for some symbol."),
    ] = False,
    timing: Annotated[bool, typer.Option("--timing", help="Tell the seconds, with the digest of the result.")] = False,
    as_json: JsonOption = False,
) -> Answer:
    """Run a system over a window and keep the proof."""
    from btcli.cli.edge.progress import progress_bar
    from btcli.cli.shown.consent import watched_healing
    from btcli.cli.shown.summary import run_answer
    from btcli.workflows.run import RunRequest, run_system
    from btcli.workflows.system_files import system_file

    with watched_healing(yes=yes, quiet=as_json) as healing:
        request = RunRequest(
            system=system_file(subject.system),
            window=subject.window,
            start=start,
            end=end,
            overrides=tuple(subject.overrides or ()),
            stores=store.stores,
            runs=out,
            preflight=not no_preflight,
            heal=heal,
            healing=healing,
            pack=pack,
            detail=detail,
        )
        with progress_bar(f"{request.system.stem} {subject.window or ''}".strip(), quiet=as_json) as progress:
            outcome = run_system(request, progress)
    return run_answer(outcome, timed=timing, must_decide=require_decisions)
