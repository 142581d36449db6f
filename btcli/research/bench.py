"""Runs trials of a plan where it stands: rules in threads over one world, strategies in Python one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from btcli.engine.world import World
from btcli.errors import RequestError, StrategyError, UnhealthyData
from btcli.market.loader import RunInputs
from btcli.research.needs import Part, part_of, shares_worlds, widest
from btcli.research.plan import Plan, turns_world
from btcli.research.rows import RAISED, REFUSED, Outcome, failed, passed, scored
from btcli.simulation.identity import series_identity
from btcli.simulation.many import run_many
from btcli.simulation.parts import Prepared
from btcli.simulation.passes import fold_of, one_pass, world_for
from btcli.simulation.reloading import passes_of
from btcli.simulation.scores import Score
from btcli.simulation.trials import Refused, Stage, Trial

Load = Callable[[Prepared], RunInputs]
Hear = Callable[[Outcome], None]


class Ground(NamedTuple):
    """What the trials of one group stand on."""

    number: int
    part: Part
    parts: Prepared
    inputs: RunInputs


class Bench:
    """Holds the world of one group of trials at a time; `hear` is told of every outcome, from any thread."""

    def __init__(
        self, plan: Plan, load: Load, workers: int | None = None, hear: Hear | None = None, base: Part | None = None
    ) -> None:
        self._plan, self._load, self._workers = plan, load, workers
        self._base = base or part_of(plan.source, {}, plan.window_name, plan.window)
        self._hear: Hear = hear or _nobody
        self._ground: Ground | None = None
        self._world: World | None = None
        self._stage: Stage | None = None
        self._parts: dict[int, tuple[Part, Prepared, dict[str, Any]]] = {}
        self._loaded: tuple[object, RunInputs] | None = None

    def parts_of(self, number: int) -> tuple[Part, Prepared]:
        """The system of a group, and its parts with as much history as any of its trials needs."""
        if number not in self._parts:
            plan = self._plan
            changes = plan.groups[number].changes
            part = part_of(plan.source, changes, plan.window_name, plan.window) if changes else self._base
            self._parts[number] = part, *widest(part, plan.space)
        part, parts, _ = self._parts[number]
        return part, parts

    def most_of(self, number: int) -> dict[str, Any]:
        """The values with which a run would read as much as all trials of a group; `parts_of` it was asked before."""
        return {**self._plan.groups[number].changes, **self._parts[number][2]}

    def stand_on(self, ground: Ground) -> None:
        """The group whose trials come next, with its inputs."""
        self._ground, self._world, self._stage = ground, None, None

    def get_ready(self, trial: int) -> None:
        """Build what the trial stands on, so that it does not count as the time of a trial."""
        ((number, _),) = self._by_group([trial])
        if self._plan.refused(number):
            return
        if self._ground is None or self._ground.number != number:
            self.stand_on(self._opened(number))
        if self.shares:
            self._built()

    @property
    def shares(self) -> bool:
        """Whether the trials of a group are run over one world, in threads."""
        return shares_worlds(self._base.system, self._plan.space)

    @property
    def room_bytes(self) -> int:
        """What columns may still take of the memory."""
        return 0 if self._stage is None else self._stage.cache.limit_bytes - self._stage.cache.held_bytes

    def outcomes(self, trials: Sequence[int]) -> dict[int, Outcome]:
        """What became of each trial."""
        found: dict[int, Outcome] = {}
        for number, some in self._by_group(trials):
            if refused := self._plan.refused(number):
                found |= {trial: self._refused(refused) for trial in some}
                continue
            if self._ground is None or self._ground.number != number:
                self.stand_on(self._opened(number))
            found |= self._run(some)
        return found

    def _by_group(self, trials: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
        groups = self._plan.groups
        if len(groups) == 1:
            yield 0, trials
            return
        wanted = set(trials)
        for number, group in enumerate(groups):
            if some := [trial for trial in group.trials if trial in wanted]:
                yield number, some

    def _opened(self, number: int) -> Ground:
        part, parts = self.parts_of(number)
        self._ground = self._world = self._stage = None  # before the next world is there, this one is gone
        inputs = self._load(parts)
        expected = self._plan.worlds[number]["series"] if self._plan.worlds else None
        found = sorted(series_identity(each) for each in inputs.digests)
        if expected is not None and [each["sha256"] for each in expected] != [each.sha256 for each in found]:
            raise UnhealthyData("the data changed while the sweep was going on", hint="start it again")
        return Ground(number, part, parts, inputs)

    def _run(self, trials: Sequence[int]) -> dict[int, Outcome]:
        if not self.shares:
            return {trial: self._alone(trial) for trial in trials}
        asked = [Trial(self._own(trial)) for trial in trials]
        world = self._built()
        self._stage = self._stage or Stage(world)
        found = run_many(world, asked, self._workers, self._kept, stage=self._stage)
        outcomes = [self._refused(each.problems) if isinstance(each, Refused) else each for each in found]
        return dict(zip(trials, outcomes, strict=True))

    def _built(self) -> World:
        assert self._ground is not None
        if self._world is None:
            self._world = world_for(self._ground.parts, self._ground.inputs)
        return self._world

    def _own(self, trial: int) -> Mapping[str, object]:
        """The values of a trial that its world has not."""
        space = self._plan.space
        turned = {axis.key for axis in space.axes if turns_world(axis)}
        return {key: value for key, value in space.changes(trial).items() if key not in turned}

    def _kept(self, score: Score) -> Outcome:
        outcome = scored(score)
        self._hear(outcome)
        return outcome

    def _refused(self, problems: Sequence[object]) -> Outcome:
        outcome = failed(REFUSED, problems)
        self._hear(outcome)
        return outcome

    def _alone(self, trial: int) -> Outcome:
        """A trial as a run of its own, without its other paths and files."""
        try:
            outcome = self._passed(self._plan.space.changes(trial))
        except StrategyError as error:
            outcome = failed(RAISED, error.problems)
        except RequestError as error:
            outcome = failed(REFUSED, error.problems)
        self._hear(outcome)
        return outcome

    def _passed(self, changes: Mapping[str, object]) -> Outcome:
        plan = self._plan
        part = part_of(plan.source, changes, plan.window_name, plan.window)
        parts = part.prepared(part.system)
        with passes_of(parts):
            world = world_for(parts, self._inputs(parts))
            parts.resume()
            fold = fold_of(parts)
            result = one_pass(parts, world, part.system.fills.path, fold, None)
        settles = part.system.costs.funding == "settled"
        return passed(result.status, fold.finished(result.counters, {}, settles_funding=settles))

    def _inputs(self, parts: Prepared) -> RunInputs:
        """What a trial reads; the one after it often reads the same."""
        reads = parts.spans, parts.system.signals, None if parts.signals is None else parts.signals.digests
        if self._loaded is None or self._loaded[0] != reads:
            self._loaded = reads, self._load(parts)
        return self._loaded[1]


def _nobody(outcome: Outcome) -> None:
    """Nobody listens."""
