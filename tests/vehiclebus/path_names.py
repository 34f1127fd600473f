"""The VSS paths that source code names, also those put together from a constant and a rest."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = "Vehicle."


def named_in(file: Path) -> set[str]:
    """The paths in a file; what is only known when it runs is left out."""
    tree = ast.parse(file.read_text("utf-8"))
    constants = dict(_constants(tree))
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
              for part in ast.walk(node) if part is not node}  # fmt: skip
    paths = {_text_of(node, constants) for node in ast.walk(tree) if id(node) not in inside}
    called = {_text_of(call.args[0], constants) or ROOT for call in _signal_calls(tree)}
    whole = {path if path.startswith(ROOT) else f"{ROOT}{path}" for path in called - {ROOT}}
    return whole | {path for path in paths if path is not None and path.startswith(ROOT)}


def _signal_calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls of `signal("OBD.MAF")`, which puts the root before its path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            is_known = isinstance(node.args[0], ast.Constant | ast.JoinedStr)
            if node.func.id == "signal" and is_known:
                yield node


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    known: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = _text_of(node.value, known)
            if text is not None:
                known[node.targets[0].id] = text
    yield from known.items()


def _text_of(node: ast.AST, constants: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = [_part(value, constants) for value in node.values]
    return None if None in parts else "".join(part for part in parts if part)


def _part(value: ast.expr, constants: dict[str, str]) -> str | None:
    if isinstance(value, ast.FormattedValue):
        return constants.get(value.value.id) if isinstance(value.value, ast.Name) else None
    return str(value.value) if isinstance(value, ast.Constant) else None
