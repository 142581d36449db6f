"""What `btcli explain` says to people: a recorded run's trades, and how long ones are folded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli_worlds import say
from command_line import environment

from btcli.cli.shown.sentences import SENTENCES, wished
from btcli.cli.shown.story import SHOWN_ROUTINE, Line, folded

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def story(system: str, trade: int) -> str:
    """The story of one trade of a recorded run, its white space folded."""
    return " ".join(say(GOLDEN, "explain", GOLDEN / system, "--trade", trade).out.split())


def test_each_part_of_a_trade_is_told_with_its_numbers() -> None:
    """0.7 ETH by a stop order on 8x cross: 2,981.73 of value / 8, a fee of 1.64 and one of 1.43 to close it."""
    told = story("orders", 1)
    said = (
        "decided: enter long, stop_market triggered at 4257.4508, for 30m, stop from the fill 56.607867",
        "target 28.303934 from the fill for 50 %",
        "sized: 60 % of 5,000.00 USDT equity at 4257.46 = 0.704645 coins, on the step 0.7; nothing capped it",
        "submitted: order 5, stop_market buy 0.7, trigger 4257.46, 5,000.00 USDT available",
        "gate: passed, order cost 375.79 USDT of 5,000.00 available at the last close",
        "filled: stop_market buy 0.7 at 4259.62 (4257.46 before slippage);",
        "taker fee 1.64, spread 1.50, impact 0.02 USDT",
        "inside the bar, ",
        "opened: long 0.7 at 4259.62, margin ",
        "close 4258.08: -1.08, stop 1.29 % away, maintenance 0.66 % of equity",
        "decided: reduce by 0.35 coins, market",
        "filled (signal): market sell 0.35 at 4251.26",
        "filled (stop): stop_market sell 0.35 at 4200.87 (4203.01 before slippage)",
        "closed (stop): 0.7 at 4226.065 on average, net -26.76 USDT",
        "The order of events is certain",
    )
    places = [told.index(sentence) for sentence in said]
    assert places == sorted(places)


@pytest.mark.parametrize("words", [("--trade", "1"), ("--trade", "1", "--json"), ()])
def test_a_story_is_told_without_the_compiler(words: tuple[str, ...]) -> None:
    """What the exchange's formulas say of a recorded run needs neither numba nor llvmlite."""
    probe = (
        "import sys\nfrom btcli.cli.edge.main import answered\n"
        f"code = answered(['explain', {str(GOLDEN / 'orders')!r}, *{words!r}])\n"
        "print(code, [name for name in ('numba', 'llvmlite') if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], env=environment(), capture_output=True, text=True, check=True)
    assert done.stderr == "0 []\n"


def test_a_liquidation_is_told_with_its_distances() -> None:
    """0.82 BTC at 30,485.1 on 50x is taken over 2 % below, at 29,875.398; a mark of 30,536 is 1.67 % above 30,025.5."""
    told = story("liquidations", 1)
    assert "warned: stop 28707.5 lies beyond liquidation 30025.52563" in told
    assert "close 30536: +41.74, stop 5.99 % away, liquidation 1.67 % away" in told
    lost = "taken over at 29875.398, 513.43 USDT of margin lost, 13.47 of it as fee"
    assert f"liquidated: mark 30025.52563 against 30025.52563, {lost}; inside the bar" in told


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"code": "SHARE_BELOW_STEP", "have": 0.0004, "need": 0.001},
            "warned: a target's share of 0.0004 is less than one step of 0.001, left to the last target",
        ),
        (
            {"code": "STOP_BEYOND_LIQUIDATION", "stop_price": -50.0, "liquidation_price": 0.0, "moved_to": None},
            "warned: stop -50 is not above 0, no price reaches it",
        ),
        (
            {"code": "STOP_BEYOND_LIQUIDATION", "stop_price": 0.0, "liquidation_price": 90.5, "moved_to": 90.6},
            "warned: stop 0 lies beyond liquidation 90.5, moved to 90.6",
        ),
    ],
)
def test_a_warning_is_told_with_its_numbers(fields: dict[str, object], said: str) -> None:
    """What an entry or a target was let through with, and what became of it."""
    assert SENTENCES["warned"](fields) == said


def test_a_cross_liquidation_has_no_price_of_its_own() -> None:
    """The account could not cover its maintenance margin; the position closed at its mark."""
    event = {"liquidation_price": 0.0, "price": 30_025.5, "pnl_usdt": -7_148.55, "fee_usdt": 256.86, "margin_usdt": 9.0}
    assert SENTENCES["liquidated"](event) == (
        "liquidated with the account, whose equity no longer covered its maintenance margin:"
        " closed at its mark 30025.5, -7,148.55 and a fee of 256.86 USDT"
    )


def test_an_ambiguous_trade_names_its_bar() -> None:
    """Stopped in a bar whose range held the target as well."""
    told = story("timeframes", 2)
    assert "ambiguous: the bar of 2024-01-10 06:45, where it ended, also reached another of its levels" in told


def test_the_run_says_why_it_leaves_by_itself() -> None:
    """No signal stands behind an order for a position that grew too old."""
    assert "decided: close, for risk.max_bars_in_trade has passed" in story("reversing", 7)


def test_machines_get_the_same_parts() -> None:
    """Costs by the seq of their fill, and a size that can be worked out again."""
    data = say(GOLDEN, "explain", GOLDEN / "orders", "--trade", 1, "--json").envelope["data"]
    fills = {event["seq"]: event for event in data["events"] if event["event"] == "order_filled"}
    assert [fill["seq"] for fill in data["fills"]] == list(fills)
    for fill in data["fills"]:
        event = fills[fill["seq"]]
        moved = abs(event["qty"] * (event["price"] - event["reference_price"]))
        assert fill["spread_usdt"] + fill["impact_usdt"] == pytest.approx(moved)
    assert data["fills"][0]["gate"]["order_cost_usdt"] == pytest.approx(372.71675 + 1.6399537 + 1.4349595)
    assert [decision["sizing"] is None for decision in data["decisions"]] == [False, True]
    assert json.dumps(data)


def moved_line(number: int) -> Line:
    """A stop that moved to `number`."""
    return Line("2024-01-01T00:00:00.000Z", f"moved {number}", {"event": "stop_moved", "stop_price": float(number)})


def test_a_short_trade_is_told_in_full() -> None:
    """Nothing is folded while there is little of routine."""
    lines = [moved_line(number) for number in range(SHOWN_ROUTINE)]
    assert list(folded(lines)) == lines


def test_a_long_trade_stays_readable() -> None:
    """3,000 stop moves with one fill between them: four lines at each end of both stretches, a sum, and the fill."""
    fill = Line("2024-01-01T00:00:00.000Z", "filled")
    lines = [*(moved_line(n) for n in range(1000)), fill, *(moved_line(n) for n in range(2000))]
    shown = [line.text for line in folded(lines)]
    assert shown[:6] == [
        *(f"moved {n}" for n in range(4)),
        "… stop moved 992 times, to 995 (--json has each)",
        "moved 996",
    ]
    assert shown[9] == "filled"
    assert len(shown) == 4 + 1 + 4 + 1 + 4 + 1 + 4


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"expires_after_ms": 1_200_000}, "for 20m"),
        ({"expires_after_ms": 10_800_000}, "for 3h"),
        ({"expires_after_ms": -300_000}, "for no time"),
        ({"expires_after": 6}, "for 6 exec bars"),
    ],
)
def test_how_long_an_order_was_to_live_is_told(said: dict[str, int], words: str) -> None:
    """As a span of time; in a run of an earlier version in exec bars."""
    signal = {"action": "enter", "direction": "long", "order": "limit", "price": 99.0, **said}
    assert wished(signal, {}) == f"enter long, limit at 99, {words}"
