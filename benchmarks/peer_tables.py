"""The figures of `make bench-peers` as tables; what is printed and what stands in docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from measuring import middle

Row = dict[str, Any]  # of one contestant and one work: lists wall_s, cpu_s, peak_mb of its processes, and who and what


def table(rows: list[Row], base: str) -> Iterator[str]:
    """The rows of one work as Markdown; ratios to the row named `base` are taken turn by turn."""
    over = next(row for row in rows if row["name"] == base)
    yield f"| who | wall s | cpu s | MB | wall over {base} | cpu over it | trades | digest |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        cells = (
            _middle(row["wall_s"]),
            _middle(row["cpu_s"]),
            f"{median(row['peak_mb']):,.0f}",
            _middle(ratios(row["wall_s"], over["wall_s"]), 1),
            _middle(ratios(row["cpu_s"], over["cpu_s"]), 1),
            f"{row['count']:,}",
            ", ".join(row["sha256"]),
        )
        yield f"| {row['name']} | {' | '.join(cells)} |"


def variations_table(rows: list[Row]) -> Iterator[str]:
    """Many variations: what lies between reading the bars and the last score, and the whole process.

    Beside each row how many times as long each peer takes, turn by turn.
    """
    peers = [row for row in rows if not row["name"].startswith("btcli")]
    over = "".join(f" {peer['name']}, over it |" for peer in peers)
    yield f"| who | runs, wall s |{over} process, wall s | cpu s | MB | trades of all | digest |"
    yield f"|---|---|{'---|' * len(peers)}---|---|---|---|---|"
    for row in rows:
        cells = (
            _middle(row["inside_s"]),
            *(_middle(ratios(peer["inside_s"], row["inside_s"]), 1) for peer in peers),
            _middle(row["wall_s"]),
            _middle(row["cpu_s"]),
            f"{median(row['peak_mb']):,.0f}",
            f"{row['count']:,}",
            ", ".join(row["sha256"]),
        )
        yield f"| {row['name']} | {' | '.join(cells)} |"


def growth_table(rows: list[Row]) -> Iterator[str]:
    """The points of the plot."""
    yield "| W1 | who | wall s | cpu s | MB | trades | digest |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        cells = (
            row["work"],
            row["name"],
            _middle(row["wall_s"]),
            _middle(row["cpu_s"]),
            f"{median(row['peak_mb']):,.0f}",
            f"{row['count']:,}",
            ", ".join(row["sha256"]),
        )
        yield f"| {' | '.join(cells)} |"


def ratios(above: list[float], below: list[float]) -> list[float]:
    """Turn by turn."""
    return [one / other for one, other in zip(above, below, strict=True)]


def _differences(parity: list[dict[str, Any]]) -> Iterator[str]:
    """What no setting makes the same, once for all who have it; it is left out of the comparison."""
    named = dict.fromkeys(each["differs"] for each in parity if each.get("differs"))
    for rule in named:
        names = [each["name"] for each in parity if each.get("differs") == rule]
        yield f"- another rule in {'; '.join(names)}: {rule}"


def _middle(figures: list[float], digits: int = 2) -> str:
    return " ".join(middle(figures, "", digits).split())


def said(figures: dict[str, Any]) -> Iterator[str]:
    """All of a call's figures in the order in which they are read."""
    versions = ", ".join(f"{name} {version}" for name, version in figures["peers"].items())
    yield f"{figures['machine']}; commit {figures['commit']}; peers: {versions}; candles: {figures['candles']}."
    yield f"Medians of {figures['repeats']} processes in turns; noisy: further apart than 15 %."
    yield from ("", f"Parity on {figures['parity_of']}; relative distances to btcli's Python strategy:", "")
    yield from (
        f"- {each['name']}: {each['told']}{'' if each['holds'] else '. LEFT OUT'}" for each in figures["parity"]
    )
    yield from _differences(figures["parity"])
    whole, *others = dict.fromkeys(row["work"] for row in figures["rows"])
    yield from ("", f"W1, {whole}, as given:", "")
    yield from table([row for row in figures["rows"] if row["work"] == whole], figures["base"])
    if others:
        yield from ("", "Other numbers of bars and symbols, at most three turns each:", "")
        yield from growth_table([row for row in figures["rows"] if row["work"] in others])
    if figures["variations"]:
        yield from ("", figures["variations_of"] + ":", "")
        yield from variations_table(figures["variations"])
    yield from ("", *(f"- left out: {what}" for what in figures["left_out"]))
