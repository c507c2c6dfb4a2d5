"""A deployment needs little of the library, and what it needs runs on Python 3.8."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from snnc import runtime

LIBRARY = Path(runtime.__file__).parent
GOLDEN = Path(__file__).parents[1] / "golden"
DEPLOYED = ("layout.py", "network.py", "nengo_network.py")
PREDICTING = (*DEPLOYED, "predict.py")


@pytest.mark.parametrize(
    ("modules", "most"), [(DEPLOYED, 17_000), (PREDICTING, 21_000)]
)
def test_a_deployment_is_small(modules: tuple[str, ...], most: int) -> None:
    texts = library_of(modules)
    nodes = [node for text in texts.values() for node in ast.walk(ast.parse(text))]
    assert len(nodes) <= most
    assert not [path for path in texts if path.startswith("keras/")]


def test_a_deployment_is_python_3_8() -> None:
    modules = (*PREDICTING, "board.py", "evaluate.py")
    for path, text in {**library_of(modules), **own_modules(modules)}.items():
        tree = ast.parse(text, path, feature_version=(3, 8))
        assert not list(newer_calls(tree)), path
        assert not list(newer_aliases(tree)), path


def newer_calls(tree: ast.AST) -> list[str]:
    """Return calls that Python 3.8 lacks."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            strict = any(keyword.arg == "strict" for keyword in node.keywords)
            if name.endswith((".removeprefix", ".removesuffix")) or (
                name == "zip" and strict
            ):
                found.append(ast.unparse(node))
    return found


def newer_aliases(tree: ast.Module) -> list[str]:
    """Return types that are evaluated on import and that Python 3.8 can't evaluate."""
    builtins = {"dict", "frozenset", "list", "set", "tuple", "type"}
    generic = {"Callable", "Iterable", "Iterator", "Mapping", "PathLike", "Sequence"}
    found = []
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        for each in ast.walk(value) if value is not None else ():
            if isinstance(each, ast.Subscript):
                name = ast.unparse(each.value).rpartition(".")[2]
                if name in builtins | generic:
                    found.append(ast.unparse(each))
    return found


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
