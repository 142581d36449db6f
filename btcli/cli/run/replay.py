"""`btcli replay`: does a run still prove itself?"""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.grouping import grouped
from btcli.cli.edge.options import RUNS, JsonOption, OutOption, RunArgument, StoreChoice, UnsealOption
from btcli.cli.edge.watching import watched

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@grouped
@watched
def replay(
    *,
    run: RunArgument,
    pack_only: Annotated[
        bool, typer.Option("--pack-only", help="Read the data from the run's own pack, not from the store.")
    ] = False,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Verify the files and the data alone, and execute nothing.")
    ] = False,
    store: StoreChoice,
    out: OutOption = RUNS,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """Verify a run, run it again, and compare every byte. This executes the run's strategy."""
    from btcli.cli.edge.progress import progress_bar
    from btcli.cli.shown.consent import find_open_run, say, unsealing
    from btcli.cli.shown.replayed import replay_answer
    from btcli.workflows.run.replay import ReplayRequest, replay_run

    found = find_open_run(run, out, unsealing(unseal=unseal, quiet=as_json))
    request = ReplayRequest(run_dir=found.path, pack_only=pack_only, no_run=no_run, stores=store.stores)
    with progress_bar(f"replay {request.run_dir.name}", quiet=as_json) as progress:
        outcome = replay_run(request, progress, say)
    return warned(replay_answer(outcome), found.warnings)
