"""What ran: the name of a run, its strategy, window, symbols and timeframes, and what it read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from btcli.cli.edge.screen import on_one_line
from btcli.cli.edge.tables import Pair
from btcli.cli.shown.figures import day
from btcli.config.sections import RULES

if TYPE_CHECKING:
    from btcli.artifacts.manifest import RunManifest

SHOWN_SYMBOLS = 3


def title_line(manifest: RunManifest) -> str:
    """A run by its system, window and id."""
    system, window, run_id = map(on_one_line, (manifest.system, manifest.window, manifest.run_id))
    return f"[bold]{system}[/] [dim]·[/] {window} [dim]· run {run_id}[/]"


def short_line(manifest: RunManifest) -> str:
    """The strategy, the days, the symbols and the timeframes in one line."""
    config, window = manifest.inputs.config, manifest.inputs.window
    frames = dict.fromkeys(config["timeframes"][role] for role in ("exec", "ltf", "mtf", "htf"))
    strategy = " · ".join(strategies(config["strategy"]))
    days = " to ".join(day(moment).removesuffix(" 00:00") for moment in (window.start, window.end))
    return on_one_line(f"{strategy} · {days} UTC · {config['venue']} {symbols_of(config)} · {' '.join(frames)}")


def read_lines(manifest: RunManifest) -> Iterator[str]:
    """The strategy; the window with the symbols and each role's timeframe; the series and their rows."""
    config = manifest.inputs.config
    frames = config["timeframes"]
    roles = " ".join(f"{role} {frames[role]}" for role in ("exec", "ltf", "mtf", "htf"))
    yield on_one_line(" · ".join(strategies(config["strategy"])))
    window = manifest.inputs.window
    yield on_one_line(
        f"{day(window.start)} to {day(window.end)} UTC · {config['venue']} {symbols_of(config)} · {roles}"
    )
    read = manifest.inputs.series
    if len(config["symbols"]) > 1:
        yield f"{len(read)} series · {sum(each.rows for each in read):,} rows"
        return
    series = (f"{_series(each.series, config['symbols'])} {each.rows:,}" for each in read)
    yield on_one_line(f"{' · '.join(series)} rows")


def _series(series: str, traded: Sequence[str]) -> str:
    """What it is, with the symbol where it is one that is looked at alone."""
    _, symbol, *what = series.split()
    return " ".join(what if symbol in traded else (symbol, *what))


def strategies(written: Mapping[str, Any]) -> Iterator[str]:
    """The strategy of all symbols, and the first of those that single symbols have."""
    everywhere = written.get("use") or RULES
    yield _strategy(everywhere, written.get("params", {}))
    own = written.get("per_symbol", {})
    for symbol, each in list(own.items())[:SHOWN_SYMBOLS]:
        use = each.get("use") or (RULES if each.get("rules") else everywhere)
        yield f"{symbol} {_strategy(use, each.get('params', {}))}"
    if len(own) > SHOWN_SYMBOLS:
        yield f"and {len(own) - SHOWN_SYMBOLS} more of their own"


def _strategy(use: str, params: Mapping[str, Any]) -> str:
    said = ", ".join(f"{name} {value}" for name, value in params.items())
    return f"{use} ({said})" if said else use


def rule_lines(written: Mapping[str, Any]) -> Iterator[Pair]:
    """The conditions and distances of rules, each by its key below `strategy.rules`, or with the symbol it is of."""
    own = written.get("per_symbol", {})
    found = [*_below(written.get("rules") or {}, "")]
    found += [line for symbol, each in own.items() for line in _below(each.get("rules") or {}, f"{symbol} ")]
    for number, (key, said) in enumerate(found):
        yield "" if number else "Rules", on_one_line(f"{key}: {said}")


def _below(rules: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, said in rules.items():
        if isinstance(said, Mapping):
            yield from _below(said, f"{above}{key}.")
        elif said is not None:
            yield f"{above}{key}", said


def symbols_of(config: Mapping[str, Any]) -> str:
    """The first symbols of a config, and how many more there are."""
    symbols = config["symbols"]
    more = f" and {len(symbols) - SHOWN_SYMBOLS} more" if len(symbols) > SHOWN_SYMBOLS else ""
    return " ".join(symbols[:SHOWN_SYMBOLS]) + more
