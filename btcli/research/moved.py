"""Files of the user's that lie below another folder, in which that stands for /."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self


class MovedFolder(type(Path())):  # type: ignore[misc]
    """A folder below a `top` that stands for /: names of files beside it count from there, absolute ones too."""

    top = ""

    @classmethod
    def below(cls, top: str, folder: str) -> Self:
        """The one that stands for an absolute folder."""
        moved = cls(top + folder)
        moved.top = top
        return moved

    def __truediv__(self, name: object) -> Path:
        text = os.fspath(name)  # type: ignore[call-overload]
        return Path(self.top + text) if self.top and os.path.isabs(text) else Path(self).joinpath(text)  # noqa: PTH117


def without(text: str, top: str) -> str:
    """What was said of files below `top`, as if they lay at their own places."""
    return text.replace(top, "") if top else text
