"""What kind of file it is, by its first bytes: those that are read, and those that are only called by their name."""

from __future__ import annotations

from typing import NamedTuple

from btcli.errors import RequestError

HEAD_BYTES = 512
_READ = {
    b"PAR1": "parquet",
    b"ARROW1": "feather",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"\x1f\x8b": "gzip",
}
_TO_TABLE = "save it as CSV, Parquet or Feather"
_UNPACK = "unpack it first"


class _Unread(NamedTuple):
    mark: bytes
    place: int
    name: str
    hint: str


_UNREAD = (
    _Unread(b"\x89HDF\r\n\x1a\n", 0, "HDF5", f"{_TO_TABLE}, as with pandas.read_hdf(FILE).to_parquet(NEW)"),
    _Unread(b"SQLite format 3\x00", 0, "an SQLite database", "export the table of candles as CSV"),
    _Unread(b"DUCK", 8, "a DuckDB database", "export the table of candles as Parquet"),
    _Unread(b"\x93NUMPY", 0, "an array of NumPy", f"{_TO_TABLE}, with a name for each column"),
    _Unread(b"BZh", 0, "packed by bzip2", _UNPACK),
    _Unread(b"\xfd7zXZ\x00", 0, "packed by xz", _UNPACK),
    _Unread(b"\x28\xb5\x2f\xfd", 0, "packed by zstd", _UNPACK),
    _Unread(b"\x04\x22\x4d\x18", 0, "packed by lz4", _UNPACK),
    _Unread(b"7z\xbc\xaf\x27\x1c", 0, "a 7z archive", _UNPACK),
    _Unread(b"Rar!\x1a\x07", 0, "a RAR archive", _UNPACK),
    _Unread(b"ustar", 257, "a tar archive", _UNPACK),
    _Unread(b"FEA1", 0, "of Feather's first version", "convert it to Parquet"),
    _Unread(b"ORC", 0, "an ORC file", _TO_TABLE),
    _Unread(b"\xff\xff\xff\xff", 0, "a stream of Arrow", "save it as Parquet or Feather"),
    _Unread(b"PARE", 0, "an encrypted Parquet file", "save it without encryption"),
    _Unread(b"Obj\x01", 0, "an Avro file", _TO_TABLE),
    _Unread(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "a spreadsheet of the old kind", "save it as CSV"),
    _Unread(b"%PDF", 0, "a PDF", "ask its maker for a table"),
    _Unread(b"\xff\xfe\x00\x00", 0, "text in UTF-32", "save it as UTF-8"),
)
_PICKLE_PROTOCOLS = b"\x02\x03\x04\x05"
_WEB_PAGE = (b"<!doctype html", b"<html", b"<?xml")
# What a zip holds tells a spreadsheet and arrays of NumPy from an archive of tables.
_OF_MEMBERS = {
    "[Content_Types].xml": ("a spreadsheet (xlsx)", "save it as CSV"),
    "mimetype": ("a spreadsheet (ods)", "save it as CSV"),
}


def format_of(head: bytes, name: str) -> str:
    """One of parquet, feather, zip, gzip, json and text, by the first HEAD_BYTES of a file.

    Raises RequestError that names any other format that is known; nothing of such a file is executed or unpacked.
    """
    for mark, found in _READ.items():
        if head.startswith(mark):
            return found
    for unread in _UNREAD:
        if head[unread.place :].startswith(unread.mark):
            raise _not_read(unread.name, unread.hint, name)
    if head[:1] == b"\x80" and head[1:2] and head[1] in _PICKLE_PROTOCOLS:
        hint = f"{_TO_TABLE}, with the program that wrote it: a pickle is code, and none is executed here"
        raise _not_read("a pickle", hint, name)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.lower().startswith(_WEB_PAGE):
        raise _not_read("a web page", "download the file itself, not the page that shows it", name)
    return "json" if start[:1] in (b"[", b"{") else "text"


def require_archive(members: list[str], name: str) -> None:
    """Raise RequestError for a zip that is another format in truth."""
    for member in members:
        if member in _OF_MEMBERS:
            raise _not_read(*_OF_MEMBERS[member], name)
    if members and all(member.endswith(".npy") for member in members):
        raise _not_read("an archive of NumPy", f"{_TO_TABLE}, with a name for each column", name)


def _not_read(what: str, hint: str, name: str) -> RequestError:
    return RequestError(f"the file is {what}, which is not read", where=name, hint=hint)
