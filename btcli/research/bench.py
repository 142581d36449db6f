"""Runs trials of a plan where it stands: rules in threads over one world, strategies in Python one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from btcli.engine.world import World
from btcli.errors import AccessError, Problem, RequestError, StrategyError, UnhealthyData
from btcli.market.loader import RunInputs
from btcli.research.needs import needs_of, with_needs
from btcli.research.part import Part, part_of, shares_worlds
from btcli.research.plan import Needs, Plan, turns_world, written_sets
from btcli.research.rows import RAISED, REFUSED, Outcome, failed, passed, scored
from btcli.simulation.identity import series_identity, sources_digest
from btcli.simulation.many import run_many
from btcli.simulation.parts import Prepared
from btcli.simulation.passes import fold_of, one_pass, world_for
from btcli.simulation.reloading import digest_now, passes_of
from btcli.simulation.scores import Score
from btcli.simulation.trials import Refused, Stage, Trial
from btcli.strategies.failing import shortest

Load = Callable[[Prepared], RunInputs]
Hear = Callable[[Outcome], None]
MEANWHILE = "while the sweep was going on"
PUT_BACK = "put it back to go on; or begin another one beside it: --anew"


class Ground(NamedTuple):
    """What the trials of one group stand on."""

    number: int
    part: Part
    parts: Prepared
    inputs: RunInputs


class Bench:
    """Holds the world of one group of trials at a time; `hear` is told of every outcome, from any thread.

    Of `files` it is known which bytes every trial is to find.
    """

    def __init__(
        self,
        plan: Plan,
        load: Load,
        workers: int | None = None,
        hear: Hear | None = None,
        base: Part | None = None,
        files: Mapping[Path, str] | None = None,
    ) -> None:
        self._plan, self._load, self._workers = plan, load, workers
        self._base = base or part_of(plan.source, {}, plan.window_name, plan.window)
        self._hear: Hear = hear or _nobody
        self._ground: Ground | None = None
        self._world: World | None = None
        self._stage: Stage | None = None
        self._parts: dict[int, tuple[Part, Prepared, Needs]] = {}
        self._loaded: tuple[object, RunInputs] | None = None
        self._files = dict(files or {})  # of the user's code, with the digests that they had when first seen

    def parts_of(self, number: int) -> tuple[Part, Prepared]:
        """The system of a group, and its parts with as much history as any of its trials needs."""
        if number not in self._parts:
            plan = self._plan
            changes = plan.groups[number].changes
            part = part_of(plan.source, changes, plan.window_name, plan.window) if changes else self._base
            parts = part.parts if self.shares else part.looked  # else each trial loads its own
            needs = (plan.needs[number] if plan.needs else None) or needs_of(part, parts, plan.space)
            self._parts[number] = part, with_needs(part, parts, needs), needs
        part, parts, _ = self._parts[number]
        return part, parts

    def needs_of(self, number: int) -> Needs | None:
        """What a group needs; None for one of which no parts were found."""
        return self._parts[number][2] if number in self._parts else None

    def most_of(self, number: int) -> tuple[str, ...]:
        """With which values a run would read as much as all trials of a group; `parts_of` it was asked before."""
        return (*written_sets(self._plan.groups[number].changes), *self._parts[number][2].sets)

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
            with suppress(StrategyError):  # told when it is run
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
                found |= {trial: self._heard(failed(REFUSED, refused)) for trial in some}
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
        if self._plan.worlds:
            _require_same(self._plan.worlds[number], parts, inputs)
        return Ground(number, part, parts, inputs)

    def _run(self, trials: Sequence[int]) -> dict[int, Outcome]:
        if not self.shares:
            return {trial: self._alone(trial) for trial in trials}
        asked = [Trial(self._own(trial)) for trial in trials]
        try:
            world = self._built()
        except StrategyError as error:  # a function of the user's, of other values in other groups
            if len(self._plan.groups) == 1:
                raise
            return {trial: self._failed(RAISED, error.problems) for trial in trials}
        self._stage = self._stage or Stage(world)
        found = run_many(world, asked, self._workers, self._kept, stage=self._stage)
        outcomes = [self._failed(REFUSED, each.problems) if isinstance(each, Refused) else each for each in found]
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
        return self._heard(scored(score))

    def _failed(self, status: str, problems: Sequence[Problem]) -> Outcome:
        return self._heard(failed(status, map(self._plan.source.told, problems)))

    def _heard(self, outcome: Outcome) -> Outcome:
        self._hear(outcome)
        return outcome

    def _alone(self, trial: int) -> Outcome:
        """A trial as a run of its own, without its other paths and files."""
        try:
            return self._heard(self._passed(self._plan.space.changes(trial)))
        except StrategyError as error:
            return self._failed(RAISED, error.problems)
        except RequestError as error:
            return self._failed(REFUSED, error.problems)

    def _passed(self, changes: Mapping[str, object]) -> Outcome:
        plan = self._plan
        self._require_same_files({path: digest_now(path) for path in self._files})
        part = part_of(plan.source, changes, plan.window_name, plan.window)
        parts = part.prepared(part.system)
        self._require_same_files(parts.files)
        self._require_same_signals(parts)
        with passes_of(parts):
            world = world_for(parts, self._inputs(parts))
            parts.resume()
            fold = fold_of(parts)
            result = one_pass(parts, world, part.system.fills.path, fold, None)
        settles = part.system.costs.funding == "settled"
        return passed(result.status, fold.finished(result.counters, {}, settles_funding=settles))

    def _require_same_files(self, found: Mapping[Path, str]) -> None:
        """Raise AccessError where a trial would be run of other code than those before it."""
        for path, digest in found.items():
            if self._files.setdefault(path, digest) != digest:
                raise AccessError(f"changed {MEANWHILE}", where=shortest(str(path)), hint=PUT_BACK)

    def _require_same_signals(self, parts: Prepared) -> None:
        """Raise UnhealthyData where a trial would read other signals than its group."""
        if self._plan.worlds and self._ground is not None and parts.signals is not None:
            series = {each["series"]: each["sha256"] for each in self._plan.worlds[self._ground.number]["series"]}
            if any(series.get(str(each.series), each.sha256) != each.sha256 for each in parts.signals.digests):
                raise UnhealthyData(f"changed {MEANWHILE}", where=parts.signals.file, hint=PUT_BACK)

    def _inputs(self, parts: Prepared) -> RunInputs:
        """What a trial reads; the one after it often reads the same."""
        reads = parts.spans, parts.system.signals, None if parts.signals is None else parts.signals.digests
        if self._loaded is None or self._loaded[0] != reads:
            self._loaded = reads, self._load(parts)
        return self._loaded[1]


def _require_same(world: Mapping[str, Any], parts: Prepared, inputs: RunInputs) -> None:
    """Raise UnhealthyData or AccessError where a group would not stand on what the plan says."""
    found = sorted(series_identity(each) for each in inputs.digests)
    if [each["sha256"] for each in world["series"]] != [each.sha256 for each in found]:
        raise UnhealthyData(f"the data changed {MEANWHILE}", hint="start it again")
    if world["strategy"]["sha256"] != sources_digest(parts):
        said = "the code of the strategy, or of a package that it imports, is not what the sweep was begun with"
        raise AccessError(said, where=parts.system.strategy.name, hint=PUT_BACK)
    if world["instruments"] != {symbol: specs.digest for symbol, specs in parts.instruments.items()}:
        raise AccessError(f"trading rules changed {MEANWHILE}", hint=PUT_BACK)


def _nobody(outcome: Outcome) -> None:
    """Nobody listens."""
