"""How the trials of a sweep are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import plain_table
from btcli.cli.edge.tables import named_lines
from btcli.cli.shown.heat import heat_map, without_early
from btcli.cli.shown.sweeping import count_lines, said_on_data
from btcli.legible.codes import ended_early
from btcli.legible.figures import ABSENT, count, setting, short

if TYPE_CHECKING:
    from btcli.research.counted import OnData
    from btcli.research.finding import FoundSweep
    from btcli.workflows.research.sweeps import SweepExported, SweepLook

FIGURES = {
    "return_pct": "return",
    "sharpe": "Sharpe",
    "max_drawdown_pct": "drawdown",
    "trades": "trades",
    "net_profit_usdt": "profit",
}


def look_answer(look: SweepLook) -> Answer:
    """Counts, the spread of one figure, the best trials, and a map where one was asked for."""

    def show(console: Console) -> None:
        console.print(named_lines(list(_lines(look))))
        console.print()
        console.print(_table(look))
        if look.map is not None:
            console.print()
            console.print(heat_map(look.map, console))

    data = {**_named(look), **look.counted, "spread": _spread(look), "best": _rows(look)}
    if look.map is not None:
        data["map"] = look.map._asdict()
    return Answer(data, show, warnings=_unfinished(look.found, look.counted["trials"]))


def best_answer(look: SweepLook) -> Answer:
    """The best trials with their values."""

    def show(console: Console) -> None:
        console.print(_table(look))

    warnings = (*_unfinished(look.found, look.counted["trials"]), *_revealed(look.on_data))
    return Answer({**_named(look), "best": _rows(look)}, show, warnings=warnings)


def exported_sweep_answer(exported: SweepExported) -> Answer:
    """The file and its rows."""

    def show(console: Console) -> None:
        without = "" if exported.has_returns else "; daily returns stand in the table alone"
        console.print(f"{exported.file}: {count(exported.rows, 'row')}{without}", soft_wrap=True, markup=False)

    found = exported.found
    data = {"sweep_dir": found.folder.path, "is_done": found.is_done, "file": exported.file, "rows": exported.rows}
    data = {**data, "has_returns": exported.has_returns, **_counted(exported.on_data)}
    return Answer(data, show, warnings=(*_unfinished(found, exported.rows), *_revealed(exported.on_data)))


def _named(look: SweepLook) -> dict[str, Any]:
    found = look.found
    return {
        "sweep_dir": found.folder.path,
        "sweep_id": found.plan.sweep_id,
        "is_done": found.is_done,
        "planned": found.plan.space.trials,
        "keys": list(look.keys),
        "by": look.spread.by,
        **_counted(look.on_data),
    }


def _counted(on_data: OnData) -> dict[str, Any]:
    return {"on_this_data": on_data.results, "after_reveal": on_data.after_reveal}


def _revealed(on_data: OnData) -> tuple[str, ...]:
    return ("made after the reveal of a sealed window",) if on_data.after_reveal else ()


def _unfinished(found: FoundSweep, done: int) -> tuple[str, ...]:
    if found.is_done:
        return ()
    planned = found.plan.space.trials
    if done == planned:
        return ("all trials are done, and the table is not whole: the command that began it puts it together",)
    return (f"{done:,} of {count(planned, 'trial')} are done: the command that began it goes on",)


def _lines(look: SweepLook) -> Iterator[tuple[str, str]]:
    plan = look.found.plan
    yield "sweep", escape(f"{plan.sweep_id} of {plan.system_name}, {plan.window_name}")
    yield "varied", escape("\n".join(plan.asked.grid)) + _drawn(look)
    yield from count_lines(look.counted)
    if look.on_data.results:
        yield "on this data", said_on_data(look.on_data.results, after_reveal=look.on_data.after_reveal)
    quantiles = ", ".join(f"{name} {short(value)}" for name, value in look.spread.quantiles.items())
    without = without_early(look.spread.ended_early)
    yield look.spread.by, f"{quantiles or ABSENT} (of {count(look.spread.counted, 'trial')}{without})"


def _drawn(look: SweepLook) -> str:
    asked = look.found.plan.asked
    return "" if asked.draws is None else f"\n{asked.draws:,} drawn, seed {asked.seed}"


def _spread(look: SweepLook) -> dict[str, Any]:
    return look.spread._asdict()


def _rows(look: SweepLook) -> list[Mapping[str, Any]]:
    return list(look.best)


def _table(look: SweepLook) -> Any:
    if not look.best:
        return f"no trial traded and has {look.spread.by}"
    figures = {look.spread.by: FIGURES.get(look.spread.by, look.spread.by)} | FIGURES
    keys = _short_names(look.keys)
    is_early = [ended_early(row["status"]) for row in look.best]
    ended = ["ended"] if any(is_early) else []
    table = plain_table("trial", *keys, *figures.values(), *ended, right=("trial", *figures.values()))
    for row, early in zip(look.best, is_early, strict=True):
        values = (escape(setting(row[key])) for key in look.keys)
        how = [row["status"] if early else ""] if ended else []
        table.add_row(str(row["trial"]), *values, *(_figure(row[name]) for name in figures), *how)
    return table


def _short_names(keys: Sequence[str]) -> list[str]:
    """The last word of each key, or all of it where two keys end alike."""
    ends = [key.rpartition(".")[2] for key in keys]
    return [end if ends.count(end) == 1 else key for key, end in zip(keys, ends, strict=True)]


def _figure(value: float | None) -> str:
    return ABSENT if value is None else short(value)
