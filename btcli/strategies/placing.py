"""Where in a user's file a strategy says something, for problems that are found only later."""

from __future__ import annotations

import ast
from pathlib import Path

from btcli.strategies.failing import shortest


def place_of_text(file: Path, class_name: str, text: str) -> str:
    """file:line:column of a text inside a class, else of the class, else the file alone."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return shortest(str(file))
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == class_name)
    found = next(classes, None)
    if found is None:
        return shortest(str(file))
    texts = (node for node in ast.walk(found) if isinstance(node, ast.Constant) and node.value == text)
    node: ast.expr | ast.stmt = next(texts, found)
    return f"{shortest(str(file))}:{node.lineno}:{node.col_offset + 1}"
