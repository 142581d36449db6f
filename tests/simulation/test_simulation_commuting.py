"""Payments that are believed to commute leave a balance with the same bits in every order."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.simulation.commuting import commute


def ends(balance: float, payments: list[float]) -> set[float]:
    """The balances that the payments leave, in every order of them."""
    found = set()
    for order in permutations(payments):
        left = balance
        for payment in order:
            left = left + payment
        found.add(left)
    return found


def left_by(balance: float, payments: list[float]) -> float:
    """The balance after the payments in the order given."""
    for payment in payments:
        balance = balance + payment
    return balance


AMOUNTS = st.one_of(
    st.floats(-3000.0, 3000.0),
    st.integers(-(2**22), 2**22).map(lambda n: n / 1000),  # decimals, as fees and profits are
    st.integers(-(2**30), 2**30).map(lambda n: n * 2.0**-41),  # ends between two doubles, or on one
    st.sampled_from([0.0, 2.0**-40, 3 * 2.0**-40, 2.0**-39, 1e-12, 5e-324]),
)
BALANCES = st.one_of(st.floats(1.0, 1e8), st.sampled_from([8191.5, 8192.0, 8192.5, 10_000.0, 16_383.9, 1e7, 2.0**53]))


@given(balance=BALANCES, payments=st.lists(AMOUNTS, min_size=2, max_size=5))
def test_what_commutes_has_one_end(balance: float, payments: list[float]) -> None:
    """Whichever order told of the payments, no other gives another digit."""
    if commute(left_by(balance, payments), payments):
        assert len(ends(balance, payments)) == 1


@pytest.mark.parametrize(
    ("balance", "payments"),
    [
        (9_973_000.25, [-20.51, -0.5423, 38.92, -0.5511]),
        (10_000.1, [10.0, -1.01, -10.0, -0.99]),
        (1.5, [0.05, 0.05]),
        (1.5, [0.0, 5e-324]),
    ],
)
def test_payments_that_stay_between_two_powers_of_two_commute(balance: float, payments: list[float]) -> None:
    """2^23 and 2^24, 2^13 and 2^14, 1 and 2."""
    assert commute(left_by(balance, payments), payments)
    assert len(ends(balance, payments)) == 1


@pytest.mark.parametrize(
    ("balance", "payments"),
    [
        (8190.0, [10.1, -10.1, 3.3, -3.3]),  # above 8,192 doubles lie twice as far apart
        (8192.0, [2.0**-40, 2.0**-39]),  # halfway between two doubles, which is rounded to the even one
    ],
)
def test_where_the_order_shows_nothing_is_believed(balance: float, payments: list[float]) -> None:
    """Over a power of two, and halfway between two doubles."""
    assert len(ends(balance, payments)) > 1
    assert not any(commute(left_by(balance, list(order)), payments) for order in permutations(payments))


@pytest.mark.parametrize(("balance", "payments"), [(0.0, [0.0, 0.0]), (-5.0, [1.0, 2.0]), (3.0, [-1.0, -1.5])])
def test_a_balance_that_may_pass_zero_is_not_believed(balance: float, payments: list[float]) -> None:
    """There the insurance fund may pay, and what it pays hangs on the order."""
    assert not commute(balance, payments)
