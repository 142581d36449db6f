"""What trading cost: fees, spread, impact and funding, in all and by symbol."""

from __future__ import annotations

from collections.abc import Mapping

from btcli.legible.costs import PARTS, all_costs, bps, cost_rows, parts_of
from btcli.legible.figures import ABSENT, money
from btcli.report.content import RunContent
from btcli.report.html import Markup, element
from btcli.report.sections.parts import Cell, name, note, part, table

LEFT_OUT = "Funding was left out (costs.funding: none): what holding a position costs or earns is in no figure."


def costs(content: RunContent) -> Markup:
    """A row per kind of cost, and one per symbol where there are several; what came in has a minus."""
    metrics = content.metrics
    rows = list(cost_rows(metrics, content.manifest["inputs"]["config"]["costs"]))
    turnover = metrics["turnover_usdt"]
    drawn = [(kind, money(amount), bps(amount, turnover), said) for kind, amount, said in rows]
    whole = all_costs(rows)
    drawn.append(("all", money(whole), bps(whole, turnover), f"of {money(turnover)} USDT traded"))
    by_symbol: Mapping[str, Mapping[str, float | None]] = metrics.get("costs_by_symbol", {})
    left_out = any(amount is None for _, amount, _ in rows)
    return part(
        "Costs",
        _kinds(drawn),
        note(LEFT_OUT) if left_out else None,
        _symbols(by_symbol) if len(by_symbol) > 1 else None,
        kind="costs",
    )


def _kinds(rows: list[tuple[str, str, str, str]]) -> Markup:
    headings = ("cost", "USDT", "bps of turnover", "")
    body = ((*(element("strong", cell) if row is rows[-1] else cell for cell in row[:3]), row[3]) for row in rows)
    return table(headings, body, kind="kinds")


def _symbols(by_symbol: Mapping[str, Mapping[str, float | None]]) -> Markup:
    """Those that cost most first; funding is what was paid less what came in."""
    parts = {symbol: parts_of(of_symbol) for symbol, of_symbol in by_symbol.items()}
    ordered = sorted(parts, key=lambda symbol: -sum(parts[symbol]))
    return table(("symbol", *PARTS, "all", "bps"), (_symbol(each, parts[each], by_symbol[each]) for each in ordered))


def _symbol(symbol: str, parts: list[float], known: Mapping[str, float | None]) -> tuple[Cell, ...]:
    funding = money(parts[-1]) if known["funding_paid_usdt"] is not None else ABSENT
    whole = sum(parts)
    return name(symbol), *map(money, parts[:-1]), funding, money(whole), bps(whole, known["turnover_usdt"] or 0.0)
