"""How long a trial takes, by which the chunks of a sweep get their length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from btcli.research import running
from btcli.research.bench import Bench
from btcli.research.running import sampled

COLD_S, TOGETHER = (0.130, 0.080), 16  # turns that compile, and that compute what the later ones share
WARM_S = 0.045


class SlowToBegin:
    """A bench whose first turns take longer than those after them, by a clock of its own."""

    def __init__(self, cold_s: Sequence[float] = COLD_S, warm_s: float = WARM_S) -> None:
        self._coming_s, self._warm_s, self.now_s = list(cold_s), warm_s, 0.0

    def get_ready(self, trial: int) -> None:
        self.now_s += 1.0  # building what it stands on is no trial

    def outcomes(self, trials: Sequence[int]) -> dict[int, None]:
        self.now_s += self._coming_s.pop(0) if self._coming_s else self._warm_s
        return dict.fromkeys(trials)


def sampled_of(bench: SlowToBegin, trials: int, monkeypatch: pytest.MonkeyPatch) -> running.Sample:
    monkeypatch.setattr(running.time, "perf_counter", lambda: bench.now_s)
    return sampled(cast("Bench", bench), range(1, trials + 1), TOGETHER)


def test_a_trial_takes_what_it_takes_once_the_sweep_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slow turns of sixteen and then 45 ms each: 2.8 ms a trial, not the 5 of the second turn."""
    found = sampled_of(SlowToBegin(), 10_000, monkeypatch)
    assert found.trial_s == pytest.approx(WARM_S / TOGETHER)
    assert sorted(found.outcomes) == list(range(1, 113))  # until 0.4 s have gone: 0.21 and five times 0.045


def test_slow_trials_are_sampled_twice_and_few_ones_no_more_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a turn takes longer than the sample should, two must do; a sweep of five has no sixth."""
    slow = sampled_of(SlowToBegin((3.0, 2.0), 2.0), 10_000, monkeypatch)
    assert (slow.trial_s, len(slow.outcomes)) == (pytest.approx(2.0 / TOGETHER), 2 * TOGETHER)
    few = sampled_of(SlowToBegin(), 5, monkeypatch)
    assert (few.trial_s, len(few.outcomes)) == (pytest.approx(0.130 / 5), 5)
