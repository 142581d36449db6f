"""`btcli replay`: does a run still prove itself?"""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.answer import Answer
from btcli.cli.grouping import grouped
from btcli.cli.options import RUNS, JsonOption, OutOption, RunArgument, StoreChoice

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@grouped
def replay(
    *,
    run: RunArgument,
    pack_only: Annotated[
        bool, typer.Option("--pack-only", help="Read the data from the run's own pack, not from the store.")
    ] = False,
    store: StoreChoice,
    out: OutOption = RUNS,
    as_json: JsonOption = False,
) -> Answer:
    """Verify a run, run it again, and compare every byte."""
    from btcli.cli.progress import progress_bar
    from btcli.cli.replayed import replay_answer
    from btcli.workflows.locating import find_run
    from btcli.workflows.replay import ReplayRequest, replay_run

    request = ReplayRequest(
        run_dir=find_run(run, out), pack_only=pack_only, store=store.data, lock_wait_s=store.lock_wait
    )
    with progress_bar(f"replay {request.run_dir.name}", quiet=as_json) as progress:
        outcome = replay_run(request, progress)
    return replay_answer(outcome)
