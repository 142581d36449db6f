"""How all the specs of one symbol are shown: steps and sizes, fees, risk tiers, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding

from btcli.cli.edge.screen import plain_table
from btcli.cli.edge.tables import Pair, SideBySide, WholeWords
from btcli.cli.shown.figures import ABSENT, count, day
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.config.specs.instruments import InstrumentSpecs
    from btcli.workflows.data.instruments import FoundSnapshot


def show_specs(console: Console, each: FoundSnapshot, specs: InstrumentSpecs) -> None:
    """Draw the specs of a symbol as one snapshot has them."""
    snapshot = each.snapshot
    told = f"as of {snapshot.as_of or ABSENT}, {age(each.age_days, old=True)}"
    told += " · packaged" if snapshot.is_packaged else ""
    console.print(f"\n[bold]{specs.symbol}[/] [dim]on[/] {snapshot.venue} [dim]· {told}[/]")
    if not snapshot.is_packaged:
        console.print(place_of(each), style="dim", soft_wrap=True, markup=False)
    console.print(SideBySide(list(_sizes(specs)), list(_limits(specs))))
    for name, at_ms in (("Listed", specs.listed_ms), ("Delisted", specs.delisted_ms)):
        if at_ms is not None:
            console.print(f"  [dim]{name}[/]  {day(utc_text(at_ms))}")
    if specs.funding_cap_rate is not None:
        console.print(f"  [dim]Funding[/]  at most {percent(specs.funding_cap_rate)} a settlement")
    console.print()
    console.print(Padding(_tiers(specs), (0, 0, 0, 2)))
    console.print()
    told = f"sha256 {specs.digest[:12]} with these fees, as in a run's manifest"
    for line in (told, specs.source or "of unknown source"):
        console.print(f"  {line}", style="dim", markup=False)


def _sizes(specs: InstrumentSpecs) -> Iterator[Pair]:
    yield "Price step", f"{specs.tick_size} USDT"
    yield "Quantity step", specs.qty_step
    yield "Smallest value", f"{specs.min_notional_usdt:,g} USDT"
    yield "Taker fee", percent(specs.taker_fee_rate)
    yield "Clearance fee", percent(specs.liquidation_fee_rate) if specs.liquidation_fee_rate else "none"


def _limits(specs: InstrumentSpecs) -> Iterator[Pair]:
    yield "Smallest order", f"{specs.min_qty:,.10g}"
    yield "Largest limit order", f"{specs.max_qty:,.10g}"
    yield "Largest market order", f"{specs.max_market_qty:,.10g}"
    yield "Maker fee", percent(specs.maker_fee_rate)
    yield "Risk tiers", f"{len(specs.tiers)}, up to {max(tier.max_leverage for tier in specs.tiers):g}x"


def _tiers(specs: InstrumentSpecs) -> WholeWords:
    headings = ("up to USDT", "maintenance", "initial", "leverage", "deduction USDT")
    table = plain_table(*headings, right=headings)
    for tier in specs.tiers:
        rates = (percent(tier.maintenance_rate, 2), percent(tier.initial_rate, 2))
        table.add_row(f"{tier.limit_usdt:,.10g}", *rates, f"{tier.max_leverage:g}x", f"{tier.deduction_usdt:,.12g}")
    return table


def percent(rate: float, at_least: int = 0) -> str:
    """A fraction as a percentage with all of its digits, up to four."""
    text = f"{rate * 100:.4f}"
    kept = text.rstrip("0").rstrip(".")
    digits = max(at_least, len(kept.partition(".")[2]))
    return f"{rate * 100:.{digits}f} %"


def age(days: int | None, *, old: bool = False) -> str:
    """ "111 days", with `old` "111 days old"; specs of a day that is yet to come say so."""
    if days is None:
        return "of unknown age" if old else ABSENT
    return f"{count(-days, 'day')} ahead" if days < 0 else count(days, "day") + (" old" if old else "")


def place_of(each: FoundSnapshot) -> str:
    """Where a snapshot lies."""
    return "packaged" if each.snapshot.is_packaged else each.snapshot.path.as_posix()
