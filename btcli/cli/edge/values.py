"""What a shell may complete an argument to: names of this project, read quickly; what cannot be read offers nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from btcli import __file__ as package

Offer = Callable[[typer.Context, str], list[str]]
VENUES, SERIES, ENVS = ("bybit", "binance", "sample"), ("trade", "mark", "funding"), ("live", "demo")
TIMEFRAMES = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w")
BY = ("symbol", "side", "tag", "exit_reason", "weekday", "hour", "month")
BACKENDS = ("threads", "loky", "dask", "ray")
RUN_COLUMNS = ("run", "when", "system", "window", "return", "sharpe", "drawdown", "trades", "profit")
# What a shell takes as it stands, as one word.
_BARE = re.compile(r"[\w.+/@%^,:=-]+")
_SPECS = Path("config", "specs", "snapshots")
_BUILT_INS = Path("strategies", "builtin")


def offered(find: Callable[[typer.Context, str], Iterable[object]]) -> Offer:
    """What `find` gives that begins with what was typed and is one plain word; nothing where it fails."""

    def offer(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            found = [str(each) for each in find(ctx, incomplete)]
        except Exception:  # noqa: BLE001  a shell that completes has no room for problems
            return []
        return [each for each in dict.fromkeys(found) if each.startswith(incomplete) and _BARE.fullmatch(each)]

    return offer


def some(*words: str) -> Offer:
    """These words."""
    return offered(lambda *_: words)


def one_after_another(words: Iterable[str]) -> Offer:
    """These words, several with a comma between them."""

    def find(ctx: typer.Context, incomplete: str) -> Iterator[str]:
        before = incomplete.rpartition(",")[0].split(",") if "," in incomplete else []
        yield from (",".join((*before, word)) for word in words if word not in before)

    return offered(find)


@offered
def runs(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Ids of complete runs, the last first, and latest."""
    from btcli.story.finding import PARTIAL, run_folders

    folders = [each for each in run_folders(_runs(ctx)) if each.suffix != PARTIAL]
    yield from ("latest", *(each.name for each in reversed(folders))) if folders else ()


@offered
def sweeps(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Ids of sweeps, the last first, and latest."""
    from btcli.artifacts.order import in_order

    folder = Path(ctx.params.get("out") or "sweeps")
    found = in_order(folder, (path.parent for path in folder.glob("*/*/*/plan.json")), "plan.json", "done.json")
    yield from ("latest", *(each.name for each in reversed(found))) if found else ()


@offered
def figures(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Figures by which trials are ranked."""
    from btcli.research.figures import RANKED

    yield from RANKED


@offered
def run_systems(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Systems that have runs."""
    yield from sorted(path.parent.parent.parent.name for path in _runs(ctx).glob("*/*/*/run_manifest.json"))


@offered
def run_windows(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Windows that have runs."""
    yield from sorted(path.parent.parent.name for path in _runs(ctx).glob("*/*/*/run_manifest.json"))


@offered
def windows(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Windows of the system file that is meant."""
    for file in _system_files(ctx):
        yield from _read(file).get("windows", {})


@offered
def symbols(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Symbols of the system files here, and those of which a packaged snapshot says something."""
    for file in _system_files(ctx):
        yield from _read(file).get("symbols", ())
    venue = ctx.params.get("venue") or ""
    for path in sorted(_packaged(_SPECS).glob(f"{venue}*.json")):
        yield from json.loads(path.read_bytes()).get("instruments", {})


@offered
def stored_symbols(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Symbols in the store, if nobody holds it; of the venue that is meant."""
    from btcli.market.store.reading import open_store
    from btcli.market.store.where import Store

    venue, folder = ctx.params.get("venue"), Path(ctx.params.get("data") or "data")
    with open_store(Store(folder, ctx.params.get("env") or "live", 0.0)) as reader:
        yield from (each.series.symbol for each in reader.coverage() if venue in (None, each.series.venue))


@offered
def strategies(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """The strategies that come with btcli."""
    yield from _strategies()


@offered
def templates(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """The systems that `init` writes."""
    from btcli.workflows.system.templates import template_files

    yield from (path.stem for path in template_files())


@offered
def settings(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Keys of the system file with a sign of equality; after it the values that a key is known to have."""
    key, is_set, _ = incomplete.partition("=")
    if not is_set:
        yield from (f"{name}=" for file in _system_files(ctx) for name in _leaves(_read(file), ""))
        yield "strategy.use="
        return
    yield from (f"{key}={value}" for value in _values_of(key, ctx))


def _values_of(key: str, ctx: typer.Context) -> Iterator[str]:
    if key == "strategy.use":
        yield from _strategies()
    elif key.startswith("features."):
        from btcli.features.catalog import FUNCTIONS

        yield from sorted(FUNCTIONS)
    elif key.startswith("timeframes."):
        yield from TIMEFRAMES
    else:
        yield from {"venue": VENUES, "env": ENVS}.get(key, ())


def _strategies() -> Iterator[str]:
    yield from sorted(path.stem for path in _packaged(_BUILT_INS).glob("[a-z]*.py"))


def _packaged(folder: Path) -> Path:
    return Path(package).parent / folder


def _runs(ctx: typer.Context) -> Path:
    """The folder of runs; report's --out is a file, and its --runs the folder."""
    name = "folder" if "folder" in ctx.params else "out"
    return Path(ctx.params.get(name) or "runs")


def _system_files(ctx: typer.Context) -> Iterator[Path]:
    """The file that was named, which the parser may have left when a value was still to come; else those here."""
    from btcli.errors import RequestError
    from btcli.workflows.system_files import system_files

    named = ctx.params.get("system") or next((each for each in ctx.args if Path(each).is_file()), None)
    with suppress(RequestError):
        yield from system_files(None if named is None else Path(named))


def _read(file: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML

    found = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _leaves(value: dict[str, Any], prefix: str) -> Iterator[str]:
    for name, below in value.items():
        if isinstance(below, dict) and below:
            yield from _leaves(below, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
