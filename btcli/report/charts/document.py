"""bokeh's description of some charts as text that is the same whenever and wherever it is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bokeh.models import Model

PAGE = "page"  # the one document of a page
_SETTINGS = {"compression_level": 9, "serialize_include_defaults": False, "simple_ids": True}


def described(roots: Sequence[Model]) -> dict[str, Any]:
    """The document of these charts, plain values; its models are counted from 1 in the order they stand in.

    bokeh numbers models through the whole process, and names them by random where it is set so.
    """
    from bokeh.document import Document

    with _own_settings():
        document = Document(title=PAGE)
        for root in roots:
            document.add_root(root)
        content = _renumbered(document.to_json(deferred=False), {})
    return {"doc": content, "roots": [each["id"] for each in content["roots"]]}


def library() -> str:
    """The source of bokeh's library for browsers, charts only."""
    import bokeh

    return (Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js").read_text("utf-8")


def version() -> str:
    """Of bokeh."""
    import bokeh

    return str(bokeh.__version__)


@contextmanager
def _own_settings() -> Iterator[None]:
    """What a user set for bokeh in the environment or a file changes no byte of a page."""
    from bokeh.settings import settings

    for name, value in _SETTINGS.items():
        getattr(settings, name).set_value(value)
    try:
        yield
    finally:
        for name in _SETTINGS:
            getattr(settings, name).unset_value()


def _renumbered(value: Any, known: dict[str, str]) -> Any:
    """The same value with the ids of its models in the order of their first mention."""
    if isinstance(value, dict):
        return {
            key: known.setdefault(inner, f"p{len(known) + 1}") if key == "id" else _renumbered(inner, known)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_renumbered(each, known) for each in value]
    return value
