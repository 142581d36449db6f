"""`btcli preflight`: is the data that a run would load fit for it?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.grouping import grouped
from btcli.cli.edge.options import HealOption, JsonOption, StoreChoice, Subject, YesOption
from btcli.cli.edge.watching import watched
from btcli.cli.run.checking import check

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
@grouped
@watched
def preflight(
    *,
    subject: Subject,
    heal: HealOption = False,
    yes: YesOption = False,
    store: StoreChoice,
    out: Annotated[
        Path | None, typer.Option("--out", help="Also write preflight_report.json into this folder.")
    ] = None,
    as_json: JsonOption = False,
) -> Answer:
    """Check every series that a run would load."""
    return check(subject, store, heal=heal, yes=yes, quiet=as_json, out=out)
