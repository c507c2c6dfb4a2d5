"""Which modules of the run-time library others import, found without importing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from snnc import runtime

LIBRARY = Path(runtime.__file__).parent
TEMPLATES = Path(__file__).parents[2] / "snnc" / "emit" / "templates"
DEPLOYED = {
    "layout.py",
    "network.py",
    "nengo/builder.py",
    "nengo/connections.py",
    "nengo/board.py",
    "nengo/kernels.py",
}
"""What ``layout``, ``network`` and ``nengo_network`` of a package import."""
PREDICTING = DEPLOYED | {"nengo/prediction.py", "nengo/simulators.py"}
"""The same with ``predict``."""


def imported_by(paths: set[str]) -> dict[str, str]:
    """Return the text of modules, and of all that they import, by path."""
    texts: dict[str, str] = {}
    waiting = sorted(paths)
    while waiting:
        path = waiting.pop()
        if path in texts:
            continue
        texts[path] = (LIBRARY / path).read_text(encoding="utf-8")
        waiting += _imports(path, ast.parse(texts[path]))
        waiting += [
            f"{folder.as_posix()}/__init__.py".removeprefix("./")
            for folder in Path(path).parents
        ]
    return texts


def _imports(path: str, tree: ast.AST) -> Iterator[str]:
    """Yield the paths of the library's modules that a module imports when it runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = Path(path).parents[node.level - 1]
            base = folder / (node.module or "").replace(".", "/")
            for found in (base, *(base / alias.name for alias in node.names)):
                if (LIBRARY / found.with_suffix(".py")).is_file():
                    yield found.with_suffix(".py").as_posix()
        yield from _imports(path, node)
