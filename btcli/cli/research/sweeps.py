"""`btcli sweep show`, `best` and `export`: what became of the trials."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import JsonOption, UnsealOption

SWEEPS, BY = Path("sweeps"), "sharpe"
SweepArgument = Annotated[
    str,
    typer.Argument(
        metavar="SWEEP", help="A sweep's folder, its id, a unique prefix, or latest.", autocompletion=values.sweeps
    ),
]
SweepsOption = Annotated[Path, typer.Option("--out", help="The folder of sweeps.")]
ByOption = Annotated[
    str,
    typer.Option("--by", metavar="FIGURE", help="The figure that tells the best trial.", autocompletion=values.figures),
]


def show_sweep(
    sweep: SweepArgument = "latest",
    by: ByOption = BY,
    pair: Annotated[
        str, typer.Option("--map", metavar="A,B", help="Draw the figure by the values of two parameters.")
    ] = "",
    out: SweepsOption = SWEEPS,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """Show how the trials of a sweep ended, how a figure is spread over them, and the best."""
    from btcli.cli.shown.consent import open_sweep
    from btcli.cli.shown.swept import look_answer
    from btcli.workflows.research.sweeps import look_at_sweep

    return look_answer(look_at_sweep(open_sweep(sweep, out, unseal=unseal, quiet=as_json), by, pair=pair))


def best_trials(
    sweep: SweepArgument = "latest",
    most: Annotated[int, typer.Option("-n", "--most", min=1, help="How many.")] = 10,
    by: ByOption = BY,
    out: SweepsOption = SWEEPS,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """List the best trials of a sweep, with their values."""
    from btcli.cli.shown.consent import open_sweep
    from btcli.cli.shown.swept import best_answer
    from btcli.workflows.research.sweeps import look_at_sweep

    return best_answer(look_at_sweep(open_sweep(sweep, out, unseal=unseal, quiet=as_json), by, most))


def export_sweep(
    sweep: SweepArgument,
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="A .parquet or .csv file; CSV has no daily returns.")
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    out: SweepsOption = SWEEPS,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """Write the table of a sweep to a file."""
    from btcli.cli.shown.consent import open_sweep
    from btcli.cli.shown.swept import exported_sweep_answer
    from btcli.workflows.research import sweeps

    found = open_sweep(sweep, out, unseal=unseal, quiet=as_json)
    return exported_sweep_answer(sweeps.export_sweep(found, to, overwrite=overwrite))
