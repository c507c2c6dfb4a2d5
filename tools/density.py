"""Count what there is to understand in the code: ``python -m tools.density``.

A test compares the counts with `tools/density.json`, whose numbers only fall. Lines are
not counted, because they can be saved by packing several thoughts into one.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[1]
CEILINGS = Path(__file__).with_suffix(".json")

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BRANCHES = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.match_case,
)
LABELS = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
"""Nodes that only label others."""


@dataclass(frozen=True)
class Density:
    """The counts of a folder.

    ``nodes`` are those of the syntax trees without docstrings. ``branches_over_10`` are
    functions with more than 10 branches, conditional expressions and comprehensions
    included. ``pairs`` are assignments of unrelated values at once, ``splats`` calls
    with a star of a local value, and ``flags`` positional booleans.
    """

    nodes: int
    branches_over_10: int
    branches_over_15: int
    pairs: int
    splats: int
    flags: int


def measure(folder: Path) -> Density:
    """Return the counts of all modules below a folder."""
    counts: Counter[str] = Counter()
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = list(ast.walk(without_docstrings(tree)))
        counts["nodes"] += sum(not isinstance(node, LABELS) for node in nodes)
        counts["pairs"] += sum(map(assigns_unrelated, nodes))
        for function in nodes:
            if isinstance(function, FUNCTIONS):
                count = branches(function)
                counts["branches_over_10"] += count > 10
                counts["branches_over_15"] += count > 15
                counts["splats"] += splats(function)
                counts["flags"] += flags(function)
    names = Density.__dataclass_fields__
    return Density(**{name: counts[name] for name in names})


def without_docstrings(tree: ast.Module) -> ast.Module:
    """Remove the texts that stand alone as statements."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS)):
            node.body = [part for part in node.body if not is_text(part)]
    return tree


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is only a text."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def branches(function: Function) -> int:
    """Return 1, plus the places where a function can go two ways."""
    count = 1
    for node in own_nodes(function):
        if isinstance(node, BRANCHES):
            count += 1
        elif isinstance(node, ast.BoolOp):
            count += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            count += 1 + len(node.ifs)
    return count


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below one, without those of functions and classes in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.ClassDef, *FUNCTIONS)):
            yield child
            yield from own_nodes(child)


def assigns_unrelated(node: ast.AST) -> bool:
    """Whether ``a, b = x, y`` is written, and doesn't swap its names."""
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            return {*map(ast.unparse, names)} != {*map(ast.unparse, values)}
    return False


def splats(function: Function) -> int:
    """Return the number of ``f(*values)`` whose values are not the function's own."""
    own = function.args.vararg.arg if function.args.vararg else None
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    starred = [
        argument.value
        for call in calls
        for argument in call.args
        if isinstance(argument, ast.Starred)
    ]
    return sum(isinstance(value, ast.Name) and value.id != own for value in starred)


def flags(function: Function) -> int:
    """Return the number of booleans that callers may give by position."""
    positional = [*function.args.posonlyargs, *function.args.args]
    annotations = [each.annotation for each in positional]
    named = sum(isinstance(a, ast.Name) and a.id == "bool" for a in annotations)
    typed = [
        default
        for default, annotation in zip(
            reversed(function.args.defaults), reversed(annotations), strict=False
        )
        if annotation is None and isinstance(default, ast.Constant)
    ]
    return named + sum(isinstance(default.value, bool) for default in typed)


def main() -> None:
    """Print the counts of snnc as JSON."""
    json.dump(asdict(measure(ROOT / "snnc")), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
