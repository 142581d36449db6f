"""Which symbols an object file needs from outside."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct, error

# What LLVM takes from the C library, and what the way in needs to end the process (see building).
ALLOWED = frozenset(("memcpy", "memmove", "memset", "fmod", "floor", "ceil", "trunc", "rint", "write", "_exit"))

# Both forms little-endian and of 64 bits.
ELF, ELF_HEADER = b"\x7fELF\x02\x01", Struct("<16s2HI3QI6H")
ELF_SECTION, ELF_SYMBOL = Struct("<2I4Q2I2Q"), Struct("<I2BH2Q")
ELF_SYMBOLS, ELF_ELSEWHERE = 2, 0  # kind of the section that lists them; section of one that is defined elsewhere
MACHO, MACHO_HEADER, MACHO_COMMAND = b"\xcf\xfa\xed\xfe", Struct("<8I"), Struct("<2I")
MACHO_TABLE, MACHO_SYMBOL = Struct("<6I"), Struct("<I2BHQ")
MACHO_SYMBOLS, MACHO_KIND, MACHO_ELSEWHERE = 2, 0x0F, 0x01  # command; bits of a symbol's kind: not defined, external


def is_self_contained(code: bytes) -> bool:
    """Whether an object needs nothing but what every process has."""
    try:
        return outside(code) <= ALLOWED
    except ValueError:
        return False


def outside(code: bytes) -> frozenset[str]:
    """The names that an object file leaves open; raises ValueError for what is no whole object of ELF or Mach-O."""
    try:
        if code.startswith(ELF):
            return frozenset(_left_open_in_elf(code))
        if code.startswith(MACHO):
            return frozenset(name.removeprefix("_") for name in _left_open_in_macho(code))
    except (error, IndexError, ValueError) as cut:
        raise ValueError(f"a broken object file: {cut}") from None
    raise ValueError("no object file that can be read here")


def _left_open_in_elf(code: bytes) -> list[str]:
    header = ELF_HEADER.unpack_from(code)
    start, width, count = header[6], header[11], header[12]
    sections = [ELF_SECTION.unpack_from(code, start + width * n) for n in range(count)]
    ((_, _, _, _, begin, size, texts, *_),) = [section for section in sections if section[1] == ELF_SYMBOLS]
    symbols = _table(code, ELF_SYMBOL, begin, size)[1:]  # the first means nothing
    return [_text(code, sections[texts][4] + symbol[0]) for symbol in symbols if symbol[3] == ELF_ELSEWHERE]


def _left_open_in_macho(code: bytes) -> list[str]:
    ((_, _, begin, count, texts, _),) = _macho_tables(code)
    symbols = _table(code, MACHO_SYMBOL, begin, count * MACHO_SYMBOL.size)
    return [_text(code, texts + symbol[0]) for symbol in symbols if symbol[1] & MACHO_KIND == MACHO_ELSEWHERE]


def _macho_tables(code: bytes) -> Iterator[tuple[int, ...]]:
    at = MACHO_HEADER.size
    for _ in range(MACHO_HEADER.unpack_from(code)[4]):
        kind, size = MACHO_COMMAND.unpack_from(code, at)
        if kind == MACHO_SYMBOLS:
            yield MACHO_TABLE.unpack_from(code, at)
        at += size


def _table(code: bytes, row: Struct, begin: int, size: int) -> list[tuple[int, ...]]:
    if begin + size > len(code):
        raise IndexError("its table of symbols ends beyond it")
    return list(row.iter_unpack(code[begin : begin + size]))


def _text(code: bytes, begin: int) -> str:
    return code[begin : code.index(b"\0", begin)].decode()
