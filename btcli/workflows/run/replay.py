"""`btcli replay`: the files, the data, the code, and then the whole run once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from os.path import realpath
from pathlib import Path
from typing import Any

from btcli.artifacts.comparison import Comparison, compare_runs
from btcli.artifacts.environment import platform_tag, versions
from btcli.artifacts.equivalence import equivalent_runs
from btcli.artifacts.manifest import RunManifest
from btcli.artifacts.pack import PACK, STRATEGY, Pack, read_pack
from btcli.artifacts.run_dir import RESOLVED
from btcli.artifacts.verification import Verification, verify_run
from btcli.config.loading import load_system
from btcli.config.model import System
from btcli.config.specs.instruments import load_instruments
from btcli.errors import AccessError, ReplayDiffers, RequestError, UnhealthyData
from btcli.exchange import RULES_VERSION
from btcli.frozen import frozen
from btcli.market.reader import RowReader
from btcli.market.store.reading import open_store
from btcli.market.store.where import Stores
from btcli.scratch import scratch
from btcli.simulation.identity import identity_of
from btcli.simulation.looking import inputs_looked_at
from btcli.simulation.outside import signals_of
from btcli.simulation.packs import from_pack, instruments_of, signals_of_pack
from btcli.simulation.parts import prepared, spans_of
from btcli.simulation.passes import Progress
from btcli.simulation.recorded import simulate_into
from btcli.strategies.sealing import SealedFolder
from btcli.workflows.advice.ways_out import from_the_pack, with_way_out
from btcli.workflows.foreign_code import ForeignCode, foreign_code, is_foreign
from btcli.workflows.run.drift import Drift, drift_of, drift_without_run


@frozen
class ReplayRequest:
    """Which run to prove, and where its data comes from: the store, or its own pack."""

    run_dir: Path
    stores: Stores
    pack_only: bool = False
    no_run: bool = False  # verify the files and the data, and run nothing


@frozen
class ReplayOutcome:
    """What each of the four questions was answered with; `comparison` is None when there was no second run.

    `drift` is None when the data was not looked at, `code` None when nothing was asked of it. `ran` is the code of
    the run's own that was executed; `unwanted` says that no second run was asked for; `from_pack` is the command that
    replays it on the data that it was made on, where the store has another.
    """

    run_dir: Path
    manifest: RunManifest
    files: Verification
    drift: tuple[Drift, ...] | None
    code: tuple[str, ...] = ()
    same_platform: bool = True
    state_hash_same: bool | None = None  # None: not comparable, the code that hashes the state is another
    comparison: Comparison | None = None
    ran: tuple[ForeignCode, ...] = ()
    unwanted: bool = False
    warnings: tuple[str, ...] = ()
    from_pack: str = ""

    @property
    def other_rules(self) -> bool:
        """Whether the run was recorded under another version of the exchange's rules, and so can't be proved here."""
        return self.manifest.inputs.rules_version != str(RULES_VERSION)

    @property
    def proved(self) -> bool:
        """Whether the run proved itself: to the byte here, up to the last digits of its numbers elsewhere."""
        rerun_same = self.comparison is not None and self.comparison.identical and self.state_hash_same is not False
        return self.files.ok and not self.drift and rerun_same

    @property
    def holds(self) -> bool:
        """Whether everything that was asked for was found as recorded."""
        return self.proved or (self.unwanted and self.files.ok and self.drift == ())

    @property
    def verdict(self) -> str:
        """In one word."""
        if self.unwanted:
            return "intact" if self.holds else "differs"
        if self.other_rules:
            return "other rules version"
        if not self.proved:
            return "differs"
        return "identical" if self.same_platform else "equivalent"


def replay_run(
    request: ReplayRequest, progress: Progress | None = None, announce: Callable[[str], None] = lambda _: None
) -> ReplayOutcome:
    """Derive a run anew, from its resolved system and its data, and compare every byte.

    A strategy that does not come with btcli is somebody's code: it is run only when every file of the run is the one
    that its manifest names, after `announce` was told what is about to run. A run of another version of the
    exchange's rules is not run again. Raises RequestError when there is nothing complete to replay, ReplayDiffers
    when the resolved system is not the one that was run, AccessError and StoreError when something cannot be read.
    """
    files = verify_run(request.run_dir)
    manifest = files.manifest
    if request.no_run:
        return _without_run(request, files)
    if manifest.inputs.rules_version != str(RULES_VERSION):
        return _under_other_rules(request, files)
    system = _recorded_system(request.run_dir, files)
    if not files.ok and is_foreign(system):
        return ReplayOutcome(request.run_dir, manifest, files, None)
    pack = _pack(request)
    folder = SealedFolder(pack.strategy_folder) if pack else _project(manifest, request.run_dir)
    try:
        ran = foreign_code(system, folder)
        for each in ran:
            announce(str(each))
        outcome = _run_again(request, files, system, folder, pack, ran, progress)
    except (RequestError, AccessError, UnhealthyData) as error:
        if pack is None:
            with_way_out(error, request.run_dir, system)
        raise
    if outcome.drift and pack is None:
        return replace(outcome, from_pack=from_the_pack(request.run_dir, system))
    return outcome


def _run_again(
    request: ReplayRequest,
    files: Verification,
    system: System,
    folder: Path,
    pack: Pack | None,
    ran: tuple[ForeignCode, ...],
    progress: Progress | None,
) -> ReplayOutcome:
    manifest = files.manifest
    signals = signals_of_pack(pack, system) if pack else None
    parts = prepared(system, manifest.window, system.window(manifest.window), folder, signals)
    if pack is not None:
        parts = from_pack(parts, pack)
    with _reader(request, system, pack) as reader:
        inputs = inputs_looked_at(reader, parts)
        drift = drift_of(manifest, request.run_dir, parts, inputs, reader)
    now = identity_of(parts, inputs)
    code = _changed_code(manifest, now.to_dict())
    here = manifest.environment.get("platform", platform_tag()) == platform_tag()
    if drift:
        return ReplayOutcome(request.run_dir, manifest, files, drift, code, here, ran=ran)
    with scratch("replay") as anew:
        simulated = simulate_into(anew, parts, inputs, progress)
        comparison = _with_derived((compare_runs if here else equivalent_runs)(request.run_dir, anew), request)
    comparable = here and now.engine_sha256 == manifest.inputs.engine_sha256
    same = simulated.result.state_hash == manifest.outputs.state_hash if comparable else None
    said = simulated.warnings
    return ReplayOutcome(request.run_dir, manifest, files, drift, code, here, same, comparison, ran, warnings=said)


def _with_derived(comparison: Comparison, request: ReplayRequest) -> Comparison:
    """The comparison, and what it says of files that only hold again what the others say."""
    if not any(request.run_dir.glob("*.parquet")):
        return comparison
    from btcli.artifacts.parquet import with_parquet  # polars, which few runs need

    return with_parquet(comparison, request.run_dir)


def _without_run(request: ReplayRequest, files: Verification) -> ReplayOutcome:
    """Files and data alone; the data is left out when the files do not tell what it was."""
    manifest = files.manifest
    if not files.ok:
        return ReplayOutcome(request.run_dir, manifest, files, None, unwanted=True)
    pack, system = _pack(request), _recorded_system(request.run_dir, files)
    instruments = instruments_of(pack, system) if pack else load_instruments(system)
    span = system.window(manifest.window)
    window = spans_of(system, manifest.window, span, (), instruments)
    folder = _project(manifest, request.run_dir)
    signals = signals_of_pack(pack, system) if pack else signals_of(system, folder, span.end_ms)
    with _reader(request, system, pack) as reader:
        drift = drift_without_run(manifest, request.run_dir, window, instruments, reader, signals)
    return ReplayOutcome(request.run_dir, manifest, files, drift, unwanted=True)


def _under_other_rules(request: ReplayRequest, files: Verification) -> ReplayOutcome:
    """Nothing is read or run: whatever came out would say nothing about the recorded run."""
    manifest = files.manifest
    code = (f"the run was recorded under version {manifest.inputs.rules_version} of the exchange's rules",)
    here = manifest.environment.get("platform", platform_tag()) == platform_tag()
    return ReplayOutcome(request.run_dir, manifest, files, None, code, here)


def _pack(request: ReplayRequest) -> Pack | None:
    folder = request.run_dir / PACK
    if not request.pack_only:
        return None
    if not folder.is_dir():
        raise RequestError("the run has no pack", where=str(request.run_dir), hint="btcli run --pack keeps one")
    return read_pack(folder)


def _recorded_system(run_dir: Path, files: Verification) -> System:
    if RESOLVED in (*files.missing, *files.tampered):
        raise ReplayDiffers(
            f"{RESOLVED} is not the one that was run ({files.summary})",
            where=str(run_dir),
            hint="take an untouched copy of the run",
        )
    return load_system(run_dir / RESOLVED)


def _project(manifest: RunManifest, run_dir: Path) -> Path:
    """The folder of the system that was run; the packed sources stand in when it is gone.

    What lies in the run's own folder is no project: it came with the run, and imports nothing but itself.
    """
    project, packed = run_dir / manifest.environment.get("project", "."), run_dir / PACK / STRATEGY
    if packed.is_dir() and not project.is_dir():
        return SealedFolder(read_pack(run_dir / PACK).strategy_folder)
    is_own = Path(realpath(project)).is_relative_to(realpath(run_dir))
    return SealedFolder(project) if is_own else project


def _reader(request: ReplayRequest, system: System, pack: Pack | None) -> AbstractContextManager[RowReader]:
    if pack is not None:
        return nullcontext(pack.reader)
    return open_store(request.stores.of(system.env))


def _changed_code(manifest: RunManifest, now: Mapping[str, Any]) -> tuple[str, ...]:
    """What is not the same as when the run was made, apart from its data; each may explain a difference."""
    before = manifest.inputs.model_dump(mode="json")
    named = {"engine_sha256": "btcli's own code", "strategy": "the strategy"}
    changed = [f"{name} changed since the run" for key, name in named.items() if before[key] != now[key]]
    recorded = manifest.environment.get("versions", {})
    for name, version in versions().items():
        if recorded.get(name, version) != version:
            changed.append(f"{name} was {recorded[name]}, is {version}")
    platform = manifest.environment.get("platform", platform_tag())
    if platform != platform_tag():
        changed.append(f"the run was made on {platform}, this is {platform_tag()}: numbers are compared to 1e-9")
    return tuple(changed)
