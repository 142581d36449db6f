"""`btcli explain`: what became of a run's wishes, the story of one trade, or what rules saw at a moment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.options import RUNS, STORE, JsonOption, OutOption, StoreOption, UnsealOption

if TYPE_CHECKING:
    from btcli.artifacts.manifest import RunManifest

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def explain(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run's folder, its id, a unique prefix, or latest; or a system file.",
            autocompletion=values.runs,
        ),
    ],
    trade: Annotated[
        int | None,
        typer.Option(
            "--trade", metavar="N", min=1, help="Tell this trade of trades.csv, bar by bar.", show_default=False
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="Tell what every condition was at this moment (UTC).", show_default=False
        ),
    ] = None,
    data: StoreOption = STORE,
    out: OutOption = RUNS,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """Tell what became of wishes, of one trade, or what rules say.

    Of a system file it reads the rules back in words.
    """
    if Path(run).suffix in (".yml", ".yaml"):
        return _system(Path(run), asks_of_run=at is not None or trade is not None)
    from btcli.cli.shown.consent import find_open_run, unsealing

    found = find_open_run(run, out, unsealing(unseal=unseal, quiet=as_json))
    if at is not None:
        return warned(_at(found.path, at, trade, data), found.warnings)
    return warned(_funnel(found.path) if trade is None else _story(found.path, trade, data), found.warnings)


def _funnel(folder: Path) -> Answer:
    """What became of all wishes of a run."""
    from btcli.cli.shown.funnel import funnel_answer
    from btcli.story.funnel import funnel_of

    funnel = funnel_of(folder)
    return warned(funnel_answer(funnel), _left_out(funnel.record.manifest))


def _story(folder: Path, trade: int, data: Path) -> Answer:
    """One trade, bar by bar."""
    from btcli.cli.shown.story import story_answer
    from btcli.market.store.where import Stores
    from btcli.story.trade import explain_trade

    story = explain_trade(folder, trade, Stores(data))
    return warned(story_answer(story), _left_out(story.manifest))


def _system(path: Path, *, asks_of_run: bool) -> Answer:
    """The rules of a system in words: there is nothing in it that happened."""
    from btcli.cli.shown.read_back import read_back_answer
    from btcli.errors import RequestError
    from btcli.workflows.runs.read_back import read_back

    if asks_of_run:
        raise RequestError(f"{path} is a system, and --trade and --at ask about a run", hint="btcli runs lists them")
    return read_back_answer(read_back(path))


def _at(folder: Path, at: str, trade: int | None, data: Path) -> Answer:
    """What was seen at a moment; it and a trade are two questions."""
    from btcli.artifacts.manifest import read_manifest
    from btcli.cli.shown.moment import moment_answer
    from btcli.config.types import moment_ms
    from btcli.errors import RequestError
    from btcli.market.store.where import Stores
    from btcli.workflows.runs.moment import seen_at

    if trade is not None:
        raise RequestError("--trade and --at are two questions", hint="ask one after the other")
    try:
        at_ms = moment_ms(at, is_end=False)
    except ValueError as error:
        raise RequestError(str(error), where="--at", hint="such as 2024-01-31T08:00Z") from None
    manifest = read_manifest(folder)
    return moment_answer(manifest.run_id, at_ms, seen_at(folder, manifest, at_ms, Stores(data)))


def _left_out(manifest: RunManifest) -> tuple[str, ...]:
    """What the run was asked to leave out; runs of old could not be asked."""
    from btcli.config.leaving_out import left_out

    return left_out(manifest.inputs.config["costs"].get("funding", "settled"))
