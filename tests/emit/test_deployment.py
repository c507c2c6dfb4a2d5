"""A deployment needs little of the library, and what it needs runs on Python 3.8."""

from __future__ import annotations

import ast

import pytest

from tests.emit.deployment import DEPLOYED, PREDICTING, library_of, own_modules


def test_prediction_imports_nothing_that_judges() -> None:
    judging = {"measures.py", "results.py", "scores.py", "summary.py", "advice.py"}
    assert not judging & library_of(PREDICTING).keys()


@pytest.mark.parametrize(("modules", "most"), [(DEPLOYED, 2500), (PREDICTING, 3000)])
def test_a_deployment_is_small(modules: tuple[str, ...], most: int) -> None:
    texts = library_of(modules)
    assert sum(text.count("\n") for text in texts.values()) <= most
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
