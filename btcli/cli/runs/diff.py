"""`btcli diff`: where two runs part."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.options import RUNS, JsonOption, OutOption, RunArgument

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def diff(
    a: RunArgument,
    b: Annotated[str, typer.Argument(metavar="OTHER", help="The run to compare it with.", autocompletion=values.runs)],
    out: OutOption = RUNS,
    as_json: JsonOption = False,
) -> Answer:
    """Compare two runs: inputs, metrics, first difference."""
    from btcli.cli.shown.differences import differences_answer
    from btcli.story.finding import find_run
    from btcli.workflows.diff import compare_runs

    ours, theirs = find_run(a, out), find_run(b, out)
    return warned(differences_answer(compare_runs(ours.path, theirs.path)), (*ours.warnings, *theirs.warnings))
