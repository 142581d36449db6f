"""`btcli run`: preflight, simulation, artifacts, summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.grouping import grouped
from btcli.cli.edge.options import (
    RUNS,
    EndOption,
    FullOption,
    HealOption,
    JsonOption,
    OutOption,
    StartOption,
    StoreChoice,
    Subject,
    UnsealOption,
    YesOption,
)
from btcli.cli.edge.watching import watched
from btcli.frozen import frozen

if TYPE_CHECKING:
    from btcli.registry.seals import Consent
    from btcli.workflows.run.preflight import Healing
    from btcli.workflows.run.run import RunRequest

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@frozen
class Span:
    """Two moments instead of a window."""

    start: StartOption = None
    end: EndOption = None


@frozen
class OfSweep:
    """A trial of a sweep instead of a window and values."""

    trial: Annotated[
        str | None,
        typer.Option(
            "--trial", metavar="SWEEP:N", help="With the window and the values of a sweep's trial, as latest:17."
        ),
    ] = None
    sweeps: Annotated[Path, typer.Option("--sweeps", help="The folder of sweeps.")] = Path("sweeps")


@frozen
class Checks:
    """What is checked of the data first, and repaired."""

    no_preflight: Annotated[
        bool, typer.Option("--no-preflight", help="Run on data that nobody checked; the manifest says so.")
    ] = False
    heal: HealOption = False
    yes: YesOption = False
    unseal: UnsealOption = False


@frozen
class Kept:
    """What is kept of the run, and what is done beside it."""

    out: OutOption = RUNS
    pack: Annotated[bool, typer.Option("--pack", help="Keep the exact input data beside the results.")] = False
    detail: Annotated[
        str | None,
        typer.Option("--detail", help="Decide ambiguous trades by stored candles of this timeframe, such as 1m."),
    ] = None


@frozen
class Told:
    """How the run is answered."""

    require_decisions: Annotated[
        bool,
        typer.Option("--require-decisions", help="Answer no (exit 1) when nothing could be decided for some symbol."),
    ] = False
    timing: Annotated[bool, typer.Option("--timing", help="Tell the seconds, with the digest of the result.")] = False
    full: FullOption = False


@app.command()
@grouped
@watched
def run(
    *,
    subject: Subject,
    span: Span,
    of: OfSweep,
    checks: Checks,
    store: StoreChoice,
    kept: Kept,
    told: Told,
    as_json: JsonOption = False,
) -> Answer:
    """Run a system over a window and keep the proof."""
    from btcli.cli.edge.progress import progress_bar
    from btcli.cli.shown.consent import unsealing, watched_healing
    from btcli.cli.shown.summary import run_answer
    from btcli.workflows.run.run import run_system
    from btcli.workflows.system_files import system_file

    with watched_healing(yes=checks.yes, quiet=as_json) as healing:
        system = system_file(subject.system)
        consent = unsealing(unseal=checks.unseal, quiet=as_json)
        request = _request(system, subject, span, checks, store, kept, healing, consent)
        tried = None
        if of.trial is not None:
            from btcli.workflows.run.trial import trial_request

            request, tried = trial_request(request, of.trial, of.sweeps)
        with progress_bar(f"{system.stem} {request.window or ''}".strip(), quiet=as_json) as progress:
            outcome = run_system(request, progress)
    answer = run_answer(outcome, timed=told.timing, must_decide=told.require_decisions, full=told.full)
    if tried is None:
        return answer
    from btcli.cli.shown.sweeping import with_trial

    return with_trial(answer, tried, outcome.metrics)


def _request(
    system: Path,
    subject: Subject,
    span: Span,
    checks: Checks,
    store: StoreChoice,
    kept: Kept,
    healing: Healing,
    consent: Consent,
) -> RunRequest:
    from btcli.workflows.run.run import RunRequest

    return RunRequest(
        system=system,
        window=subject.window,
        start=span.start,
        end=span.end,
        overrides=tuple(subject.overrides or ()),
        stores=store.stores,
        runs=kept.out,
        preflight=not checks.no_preflight,
        heal=checks.heal,
        healing=healing,
        pack=kept.pack,
        detail=kept.detail,
        consent=consent,
    )
