"""`btcli diff`: where two runs part."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.options import RUNS, JsonOption, OutOption, RunArgument, UnsealOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def diff(
    a: RunArgument,
    b: Annotated[str, typer.Argument(metavar="OTHER", help="The run to compare it with.", autocompletion=values.runs)],
    out: OutOption = RUNS,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """Compare two runs: inputs, metrics, first difference."""
    from btcli.cli.shown.consent import find_open_run, unsealing
    from btcli.cli.shown.differences import differences_answer
    from btcli.workflows.runs.diff import compare_runs

    consent = unsealing(unseal=unseal, quiet=as_json)
    ours, theirs = (find_open_run(run, out, consent) for run in (a, b))
    return warned(differences_answer(compare_runs(ours.path, theirs.path)), (*ours.warnings, *theirs.warnings))
