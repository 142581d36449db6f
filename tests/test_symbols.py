"""One perpetual has one spelling, and every spelling of the field leads to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.errors import RequestError
from btcli.symbols import is_symbol, read_symbol, symbol_of


@pytest.mark.parametrize(
    ("text", "symbol", "kind"),
    [
        ("BTCUSDT", "BTCUSDT", ""),
        ("btcusdt", "BTCUSDT", ""),
        (" BTCUSDT ", "BTCUSDT", ""),
        ("BTC/USDT:USDT", "BTCUSDT", "perpetual"),
        ("BTC/USDT", "BTCUSDT", "spot"),
        ("BTC-USDT-SWAP", "BTCUSDT", "perpetual"),
        ("btc_usdt_perp", "BTCUSDT", "perpetual"),
        ("BTC_USDT", "BTCUSDT", ""),
        ("BTCUSDT.P", "BTCUSDT", "perpetual"),
        ("BYBIT:BTCUSDT.P", "BTCUSDT", "perpetual"),
        ("BINANCE:BTCUSDT", "BTCUSDT", ""),
        ("BTCUSDTPERP", "BTCUSDT", "perpetual"),
        ("ETH-USDC-SWAP", "ETHUSDC", "perpetual"),
        ("1000PEPE/USDT:USDT", "1000PEPEUSDT", "perpetual"),
        ("BTCUSDT_240628", "BTCUSDT", "dated"),
        ("BTC-USDT-240628", "BTCUSDT", "dated"),
        ("BTC/USDT:USDT-240628", "BTCUSDT", "dated"),
        ("BTCUSDT-28JUN24", "BTCUSDT", "dated"),
        ("BTC-28JUN24-70000-C", "BTC", "dated"),
        ("BTC/USD:BTC", "BTCUSD", "inverse"),
        ("BTC-USD-SWAP", "BTCUSD", "inverse"),
        ("BTCUSD_PERP", "BTCUSD", "inverse"),
        ("币安人生USDT", "币安人生USDT", ""),
        ("币安人生/USDT:USDT", "币安人生USDT", "perpetual"),
        ("ＢＴＣＵＳＤＴ", "BTCUSDT", ""),
    ],
)
def test_spellings_of_the_field_lead_to_one(text: str, symbol: str, kind: str) -> None:
    """The name and what it says of the contract."""
    named = read_symbol(text)
    assert (named.symbol, named.kind) == (symbol, kind)


@pytest.mark.parametrize("text", ["", "/", "B", "BTC USDT!", "A" * 31, "..", "🚀USDT", "BTC\nUSDT", "../../etc"])
def test_what_is_no_name_is_refused(text: str) -> None:
    """With what a symbol is."""
    with pytest.raises(RequestError, match="is no name of a symbol"):
        read_symbol(text)


@pytest.mark.parametrize("text", ["BTCUSDT_240628", "BTC/USD:BTC", "BTC-USD-SWAP", "ETH/USDT:USDT-250926"])
def test_other_contracts_are_refused_by_name(text: str) -> None:
    """Dated and coin-settled contracts never become the perpetual of the same coin."""
    with pytest.raises(RequestError, match=r"is a contract (with a date|settled in its coin)"):
        symbol_of(text)


@given(st.text(max_size=40))
def test_the_one_spelling_leads_to_itself(text: str) -> None:
    """Whatever can be read is a symbol, and reading it again changes nothing."""
    try:
        symbol = read_symbol(text).symbol
    except RequestError:
        return
    assert is_symbol(symbol)
    assert read_symbol(symbol).symbol == symbol
