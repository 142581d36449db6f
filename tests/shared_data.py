"""Where the shared measurements lie, for tests that may use them and must do without."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared(name: str) -> Path:
    """The path of a shared file; skips the calling test where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs shared/{name}, which lies beside the checkout")
    return path
