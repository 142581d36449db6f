"""Which symbols an object file needs from outside."""

from __future__ import annotations

from struct import Struct, error

# What LLVM takes from the C library, and what the way in needs to end the process (see building).
ALLOWED = frozenset(("memcpy", "memmove", "memset", "fmod", "floor", "ceil", "trunc", "rint", "write", "_exit"))

BEGIN = b"\x7fELF\x02\x01"
HEADER = Struct("<16s2HI3QI6H")  # ELF of 64 bits, little-endian
SECTION = Struct("<2I4Q2I2Q")
SYMBOL = Struct("<I2BH2Q")
SYMBOLS, OUTSIDE = 2, 0  # kind of the section that lists them; section of one that is defined elsewhere


def is_self_contained(code: bytes) -> bool:
    """Whether an object needs nothing but what every process has."""
    try:
        return outside(code) <= ALLOWED
    except ValueError:
        return False


def outside(code: bytes) -> frozenset[str]:
    """The names that an object file leaves open; raises ValueError for what is no whole ELF object of 64 bits."""
    if code[:6] != BEGIN:
        raise ValueError("no object file that can be read here")
    try:
        return frozenset(_outside(code))
    except (error, IndexError, UnicodeDecodeError) as cut:
        raise ValueError(f"a broken object file: {cut}") from None


def _outside(code: bytes) -> set[str]:
    header = HEADER.unpack_from(code)
    start, width, count = header[6], header[11], header[12]
    sections = [SECTION.unpack_from(code, start + width * n) for n in range(count)]
    names: set[str] = set()
    for section in sections:
        if section[1] == SYMBOLS:
            names |= _left_open(code, section[4], section[5], sections[section[6]][4])
    return names


def _left_open(code: bytes, start: int, size: int, texts: int) -> set[str]:
    """Of one table of symbols; the first means nothing."""
    found = SYMBOL.iter_unpack(code[start + SYMBOL.size : start + size])
    begins = [texts + symbol[0] for symbol in found if symbol[3] == OUTSIDE]
    return {code[begin : code.index(b"\0", begin)].decode() for begin in begins}
