"""`btcli sweep`: many runs of one system, and what became of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.grouping import grouped
from btcli.cli.edge.options import EndOption, HealOption, JsonOption, StartOption, StoreChoice, Subject, UnsealOption
from btcli.cli.edge.watching import watched
from btcli.cli.research.grid_words import GridOrNested
from btcli.cli.research.sweeps import BY, SWEEPS, ByOption, SweepsOption, best_trials, export_sweep, show_sweep
from btcli.frozen import frozen

if TYPE_CHECKING:
    from btcli.workflows.research.sweep import SweepRequest

FIRST_SEED, LAST_SEED = 0, 2**63 - 1

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    cls=GridOrNested,
    invoke_without_command=True,
    help="Try many values of a system's keys, and keep every result.",
)


@frozen
class Varied:
    """What varies, and how."""

    grid: Annotated[
        list[str] | None,
        typer.Option(
            "--grid",
            metavar="KEY=VALUES",
            help="A key and its values, as a..b:step or [x, y]; several make every combination.",
            autocompletion=values.settings,
        ),
    ] = None
    random: Annotated[
        int | None,
        typer.Option("--random", metavar="N", min=1, help="Draw so many of the combinations, instead of all."),
    ] = None
    seed: Annotated[int, typer.Option("--seed", min=0, max=LAST_SEED, help="Another seed draws others.")] = FIRST_SEED


@frozen
class Span:
    """Two moments instead of a window."""

    start: StartOption = None
    end: EndOption = None


@frozen
class Kept:
    """Where it is kept, and what is asked."""

    out: SweepsOption = SWEEPS
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin another one beside a sweep that cannot be gone on with.")
    ] = False
    heal: HealOption = False
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a long or large sweep.")] = False
    by: ByOption = BY
    unseal: UnsealOption = False


@frozen
class Engine:
    """Who runs the trials."""

    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            metavar="ENGINE",
            help="threads, loky (processes here), dask or ray; default threads for rules, else loky.",
            autocompletion=values.some(*values.BACKENDS),
        ),
    ] = None
    address: Annotated[
        str | None, typer.Option("--address", metavar="PLACE", help="Where a dask or ray cluster is; default one here.")
    ] = None
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=1000, help="How many trials run at once; default the processors."),
    ] = None


@app.callback()
@grouped
@watched
def sweep(
    *,
    subject: Subject,
    varied: Varied,
    span: Span,
    store: StoreChoice,
    engine: Engine,
    kept: Kept,
    as_json: JsonOption = False,
) -> Answer:
    """Try many values of a system's keys, and keep every result."""
    from btcli.cli.shown.consent import unsealing, watched_healing
    from btcli.cli.shown.sweeping import sweep_answer, watched_sweep
    from btcli.workflows.research.sweep import sweep_system

    with watched_healing(yes=kept.yes, quiet=as_json) as healing:
        consent = unsealing(unseal=kept.unseal, quiet=as_json)
        request = replace(_request(subject, varied, span, store, engine, kept, healing), consent=consent)
        with watched_sweep(request, yes=kept.yes, quiet=as_json) as watch:
            return sweep_answer(sweep_system(request, watch))


def _request(
    subject: Subject, varied: Varied, span: Span, store: StoreChoice, engine: Engine, kept: Kept, healing: object
) -> SweepRequest:
    from btcli.research.crew import Crew
    from btcli.research.plan import Asked
    from btcli.workflows.research.sweep import SweepRequest
    from btcli.workflows.system_files import system_file

    return SweepRequest(
        system=system_file(subject.system),
        stores=store.stores,
        asked=Asked(tuple(varied.grid or ()), varied.random, varied.seed),
        sweeps=kept.out,
        window=subject.window,
        start=span.start,
        end=span.end,
        overrides=tuple(subject.overrides or ()),
        heal=kept.heal,
        healing=healing,  # type: ignore[arg-type]
        anew=kept.anew,
        crew=Crew(engine.backend, engine.address, engine.workers),
        by=kept.by,
    )


app.command("show")(show_sweep)
app.command("best")(best_trials)
app.command("export")(export_sweep)
