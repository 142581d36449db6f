"""`btcli run`: preflight, simulation, artifacts, summary."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.answer import Answer
from btcli.cli.options import (
    LOCK_WAIT_S,
    RUNS,
    STORE,
    EndOption,
    HealOption,
    JsonOption,
    LockWaitOption,
    OutOption,
    SetOption,
    StartOption,
    StoreOption,
    SystemArgument,
    WindowOption,
    YesOption,
)

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def run(
    system: SystemArgument = None,
    window: WindowOption = None,
    start: StartOption = None,
    end: EndOption = None,
    no_preflight: Annotated[
        bool, typer.Option("--no-preflight", help="Run on data that nobody checked; the manifest says so.")
    ] = False,
    heal: HealOption = False,
    yes: YesOption = False,
    overrides: SetOption = None,
    data: StoreOption = STORE,
    lock_wait: LockWaitOption = LOCK_WAIT_S,
    out: OutOption = RUNS,
    pack: Annotated[bool, typer.Option("--pack", help="Keep the exact input data beside the results.")] = False,
    detail: Annotated[
        str | None,
        typer.Option("--detail", help="Decide ambiguous trades by stored candles of this timeframe, such as 1m."),
    ] = None,
    timing: Annotated[bool, typer.Option("--timing", help="Tell the seconds, with the digest of the result.")] = False,
    as_json: JsonOption = False,
) -> Answer:
    """Run a system over a window and keep the proof."""
    from btcli.cli.consent import watched_healing
    from btcli.cli.progress import progress_bar
    from btcli.cli.summary import run_answer
    from btcli.workflows.locating import system_file
    from btcli.workflows.run import RunRequest, run_system

    with watched_healing(yes=yes, quiet=as_json) as healing:
        request = RunRequest(
            system=system_file(system),
            window=window,
            start=start,
            end=end,
            overrides=tuple(overrides or ()),
            store=data,
            runs=out,
            lock_wait_s=lock_wait,
            preflight=not no_preflight,
            heal=heal,
            healing=healing,
            pack=pack,
            detail=detail,
        )
        with progress_bar(f"{request.system.stem} {window or ''}".strip(), quiet=as_json) as progress:
            outcome = run_system(request, progress)
    return run_answer(outcome, timed=timing)
