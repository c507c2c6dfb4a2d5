"""Which modules of the run-time library others import, found without importing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from snnc import runtime

LIBRARY = Path(runtime.__file__).parent
GOLDEN = Path(__file__).parents[1] / "golden"
DEPLOYED = ("layout.py", "network.py", "nengo_network.py")
PREDICTING = (*DEPLOYED, "predict.py")


def own_modules(names: tuple[str, ...]) -> dict[str, str]:
    """Return modules of these names of all example networks, by path."""
    paths = (path for name in names for path in GOLDEN.glob(f"*/{name}"))
    return {str(path): path.read_text(encoding="utf-8") for path in paths}


def library_of(names: tuple[str, ...]) -> dict[str, str]:
    """Return the modules of the library that these modules of packages import."""
    found: set[str] = set()
    for text in own_modules(names).values():
        # The library's folder has another name in a package.
        tree = ast.parse(text.replace("._runtime.", "."))
        found.update(_imports("x.py", tree))
    return imported_by(found)


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
            names = [base / alias.name for alias in node.names]
            for found in (*names, *([base] if node.module else ())):
                if (LIBRARY / found.with_suffix(".py")).is_file():
                    yield found.with_suffix(".py").as_posix()
        yield from _imports(path, node)
