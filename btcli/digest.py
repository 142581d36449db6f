"""One way to turn a value into bytes, and bytes into a name for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

SHORT_HEX_DIGITS = 12
DIGEST = "sha256"


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no spaces; refuses NaN and infinity.

    Floats are written in their shortest form that reads back to the same bits.
    Raises ValueError for a float that is not finite, TypeError for a value JSON cannot hold.
    """
    return _encoder()(value).encode()


@lru_cache(1)
def _encoder() -> Callable[[Any], str]:
    import json

    return json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode


def sha256_of_bytes(*parts: bytes) -> str:
    """The sha256 of the parts, each preceded by its length so that borders count."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def digest_of(value: Any) -> str:
    """The sha256 of a plain value (dicts, lists, strings, numbers, None)."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def with_digest(value: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping that tells, when it is read back, whether anything of it was changed."""
    return {**value, DIGEST: digest_of(value)}


def as_digested(value: Any) -> dict[str, Any] | None:
    """The mapping that `with_digest` was given; None for anything else."""
    if not isinstance(value, Mapping):
        return None
    said = {key: each for key, each in value.items() if key != DIGEST}
    return said if value.get(DIGEST) == digest_of(said) else None


def sha256_of_file(path: Path) -> str:
    """The sha256 of a file's bytes, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def short(digest: str) -> str:
    """The first twelve hex digits: enough to name a run."""
    return digest[:SHORT_HEX_DIGITS]
