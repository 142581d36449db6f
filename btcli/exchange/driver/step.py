"""One step of the exchange: phases A to E for all symbols, in the order of the rulebook's section 3."""

from __future__ import annotations

from btcli.exchange.book.codes import BOUNDARY, CLOSE, OPEN, RUNNING, STOPS
from btcli.exchange.book.ledger import place
from btcli.exchange.book.records import Record
from btcli.exchange.driver.fold import fold_step
from btcli.exchange.formulas.balances import is_after_gap
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.boundary import choose_formula, test_liquidations
from btcli.exchange.phases.closing import (
    close_delisted,
    count_step,
    end_run,
    mark_positions,
    terminal_status,
    test_entries,
    value_account,
    write_row,
)
from btcli.exchange.phases.opening import open_bar
from btcli.exchange.phases.path import walk


@compiled
def begin_step(book: Record, i: int, ts_open: int, ts_close: int) -> None:
    """Forget what belonged to the step before."""
    account = book["account"]
    account["step"] = i
    account["ts_open"] = ts_open
    account["ts_close"] = ts_close
    account["has_liquidated"] = 0
    account["is_halted"] = 0
    account["committed_usdt"] = 0.0
    place(account, BOUNDARY, 0, 0.0, ts_open)
    choose_formula(book, ts_open)
    for s in range(book["n_symbols"]):
        book["positions"][s]["volume_used"] = 0.0
        if book["prices"][s]["has_bar"] and is_after_gap(book["positions"][s], ts_open):
            book["positions"][s]["gap_step"] = i


@compiled
def step(book: Record) -> None:
    """Run one step from the liquidation test to the marks of its close: prices are quoted, settlements made."""
    account = book["account"]
    test_liquidations(book)
    if account["is_halted"] == 0:
        place(account, OPEN, 0, 0.0, account["ts_open"])
        open_bar(book)
    if account["is_halted"] == 0:
        walk(book)
    place(account, CLOSE, 0, 0.0, account["ts_close"])
    mark_positions(book)


@compiled
def record(book: Record) -> int:
    """Close what is delisted, record the account, and judge the stops of the run by it: the first that holds."""
    close_delisted(book)
    value_account(book)
    count_step(book)
    place(book["account"], STOPS, 0, 0.0, book["account"]["ts_close"])
    return terminal_status(book)


@compiled
def finish(book: Record, status: int) -> None:
    """End the run, or test whether entries may go on; when the run ends here, the row shows the account after that.

    Where rows are dropped the score takes in what it would say.
    """
    if status != RUNNING:
        end_run(book, status)
    else:
        test_entries(book)
    if book["cursor"]["keeps_score"]:
        fold_step(book)
    else:
        write_row(book, book["account"]["n_rows"])
        book["account"]["n_rows"] = book["account"]["n_rows"] + 1
