"""Packs what processes without the user's store and files run a sweep from."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from os.path import realpath
from pathlib import Path
from typing import Any

from btcli.artifacts.disk import disk, draft_of, sync_files
from btcli.artifacts.pack import write_frame
from btcli.artifacts.text import json_bytes
from btcli.digest import digest_of, sha256_of_bytes
from btcli.drafts import sync_folder
from btcli.errors import AccessError
from btcli.exchange.machine.trust import stored_objects
from btcli.market.digesting import digest_of_frame
from btcli.market.reader import CandleReader
from btcli.market.series import Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Stores
from btcli.market.window import SeriesSpan
from btcli.research.bench import Bench
from btcli.research.beside import Beside, files_beside
from btcli.research.folder import BLOCK_BYTES, PACK
from btcli.research.pack import FILES, INDEX, INPUTS, OBJECTS, SCHEMA, Index, Slice, here, index_of
from btcli.research.plan import Plan
from btcli.simulation.packs import frame_of

ROW_BYTES = 6 * 8  # a candle, where nothing of it can be compressed
SLICE_BYTES, INDEX_BYTES = 8 << 10, 1 << 10  # of a Parquet file beside its rows; of what is said of a file
OWN_FOLDERS = 4  # of a pack, beside those of the files
Input = tuple[str, CandleReader, SeriesSpan]  # a span, the store that has it, and the env of that


def pack_sweep(sweep: Path, plan: Plan, bench: Bench, stores: Stores) -> None:
    """Put all that a plan is run with into `sweep`/pack, whole or not at all; one that is there and holds it is kept.

    Raises AccessError when the folder refuses, where a file changed since it was looked at, and StoreError.
    """
    beside = files_beside(plan, bench)
    folder, draft = sweep / PACK, sweep / draft_of(PACK)
    wanted = {
        "plan_sha256": sha256_of_bytes(plan.to_bytes()),
        "made_by": here(),
        "folder": str(Path.cwd()),
        "beside": str(Path.cwd() / plan.source.folder),
        "imported_from": beside.imported_from,
        "files": dict(beside.files),
        "links": dict(beside.links),
    }
    if _holds(folder, wanted):
        return
    with disk(sweep):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            _write_files(draft / FILES, beside)
            slices = tuple(written(draft / INPUTS, _inputs(plan, bench, stores)))
            objects = _objects(draft / OBJECTS)
            said = {"pack_schema": SCHEMA, "slices": slices, "objects": objects, **wanted}
            index = Index.model_validate(said).model_dump(mode="json")
            (draft / INDEX).write_bytes(json_bytes({**index, "sha256": digest_of(index)}))
            sync_files(draft)
            _place(draft, folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


def _place(draft: Path, folder: Path) -> None:
    """Give a pack that is whole its name; the one before is out of the way by one rename, and removed after it."""
    before = folder.with_name(draft_of(folder.name, "before"))
    shutil.rmtree(before, ignore_errors=True)
    with suppress(FileNotFoundError):
        folder.replace(before)
    draft.replace(folder)
    sync_folder(folder.parent)
    shutil.rmtree(before, ignore_errors=True)


def most_bytes(plan: Plan, bench: Bench) -> int:
    """What the pack of a plan takes of the disk at most. Raises as `pack_sweep` does for a file that it cannot read."""
    beside = files_beside(plan, bench)
    rows = {each["sha256"]: each["rows"] for world in plan.worlds for each in world.get("series", ())}
    sizes = [Path(path).stat().st_size for path in beside.files]
    sizes += map(len, stored_objects().values())
    sizes += (each * ROW_BYTES + SLICE_BYTES for each in rows.values())
    named = (*beside.files, *beside.links, str(Path.cwd() / "_"))
    folders = {parent for each in named for parent in Path(each).parents}
    index_bytes = INDEX_BYTES * (1 + len(sizes)) + sum(map(len, named))
    places = len(sizes) + len(beside.links) + len(folders) + OWN_FOLDERS
    return sum(sizes) + index_bytes + (places + 1) * BLOCK_BYTES


def _inputs(plan: Plan, bench: Bench, stores: Stores) -> Iterator[Input]:
    for number in range(len(plan.groups)):
        if not plan.refused(number):
            parts = bench.parts_of(number)[1]
            with open_store(stores.of(parts.system.env)) as reader:
                yield from ((parts.system.env, reader, span) for span in parts.spans.series)


def _objects(folder: Path) -> dict[str, str]:
    """Machine code that this process has stored, so that a worker of the same kind of processor need not compile."""
    folder.mkdir()
    found = stored_objects()
    for name, code in found.items():
        (folder / name).write_bytes(code)
    return {name: hashlib.sha256(code).hexdigest() for name, code in sorted(found.items())}


def _holds(folder: Path, wanted: Mapping[str, Any]) -> bool:
    try:
        index = index_of(folder)
    except AccessError:
        return False
    same = all(getattr(index, name) == value for name, value in wanted.items())
    return same and all((folder / INPUTS / each.file).is_file() for each in index.slices)


def _write_files(top: Path, beside: Beside) -> None:
    """The files, and the links that lead to them, below a folder that stands for /."""
    top.mkdir()
    for path, digest in beside.files.items():
        content = Path(path).read_bytes()
        if digest != hashlib.sha256(content).hexdigest():
            raise AccessError("changed while the sweep was starting", where=path, hint="start it again")
        _inside(top, path).write_bytes(content)
    _inside(top, str(Path.cwd() / "_"))
    for link, end in beside.links.items():
        place = _inside(top, link)
        if not os.path.lexists(place):  # a dangling one is there
            place.symlink_to(os.path.relpath(f"{realpath(top)}{end}", realpath(place.parent)))


def _inside(top: Path, path: str) -> Path:
    place = Path(f"{top}{path}")
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def written(folder: Path, inputs: Iterable[Input]) -> Iterator[Slice]:
    """Each slice is written once, however many worlds read it."""
    folder.mkdir()
    seen: set[tuple[str, Series, int, int]] = set()
    for env, reader, span in inputs:
        key = env, span.series, span.load_start_ms, span.load_end_ms
        if key in seen:
            continue
        seen.add(key)
        frame = frame_of(reader, span)
        digest = digest_of_frame(frame)
        packed = Slice(
            **span.series._asdict(),
            file=f"{digest}.parquet",
            rows=frame.height,
            sha256=digest,
            env=env,
            start_ms=span.load_start_ms,
            end_ms=span.load_end_ms,
        )
        if not (folder / packed.file).exists():
            write_frame(folder / packed.file, frame)
        yield packed
