"""Files that hold another one: zip and gzip."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from btcli.errors import AccessError, RequestError
from btcli.market.importing.formats import require_archive
from btcli.market.importing.limits import Limits, unpack
from btcli.scratch import scratch

_ENCRYPTED = 1
# What the standard library raises for archives that are cut, changed or made up.
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError, NotImplementedError),
    *(struct.error, IndexError, ValueError, OverflowError),
)


@contextmanager
def unpacked(path: Path, name: str, kind: str, limits: Limits) -> Iterator[tuple[Path, str]]:
    """The one file inside a zip or a gzip, and its name, in a folder that is gone afterwards.

    Raises AccessError for a damaged archive and for one that its checksum file contradicts, RequestError for one
    that holds several files, a password or too much.
    """
    with scratch("unpacked") as folder:
        inside = folder / "inside"
        try:
            said = _unzip(path, name, inside, limits) if kind == "zip" else _gunzip(path, name, inside, limits)
        except _DAMAGED as error:
            raise AccessError(f"the archive is damaged: {error}", where=name, hint="get it again") from error
        yield inside, said


def _gunzip(path: Path, name: str, inside: Path, limits: Limits) -> str:
    with gzip.open(path) as source:
        unpack(source, inside, path.stat().st_size, limits, name)
    return name[:-3] if name.lower().endswith(".gz") else name


def _unzip(path: Path, name: str, inside: Path, limits: Limits) -> str:
    _check_sum(path)
    with zipfile.ZipFile(path) as archive:
        member = _only_member(name, archive)
        with archive.open(member) as source:
            unpack(source, inside, member.compress_size, limits, name)
    return Path(member.filename).name or name


def _only_member(name: str, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.filename.endswith("/")]
    require_archive([member.filename for member in members], name)
    if len(members) != 1:
        raise RequestError(f"the archive holds {len(members)} files", where=name, hint="unzip it first")
    [member] = members
    if member.flag_bits & _ENCRYPTED:
        raise RequestError("the archive has a password", where=name, hint="unzip it first")
    return member


def _check_sum(path: Path) -> None:
    """Public archives come with a file that says what they must hold."""
    beside = path.with_name(f"{path.name}.CHECKSUM")
    if not beside.is_file():
        return
    said = beside.read_text(encoding="ascii", errors="replace").split()
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if not said or said[0].lower() != found:
        raise AccessError(f"the archive is not what {beside.name} says", where=path.name, hint="download it again")
