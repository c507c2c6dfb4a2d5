"""``import snnc``: light, typed, and all that its names promise."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import time

import pytest

import snnc
from snnc.cli import VERBS
from tests.support import ROOT

HEAVY = ("click", "lark", "matplotlib", "nengo", "numpy", "pydantic", "tensorflow")
CALLS = {
    "build": "build",
    "calibrate": "calibrate",
    "check": "check",
    "convert": "convert",
    "demo": "demo",
    "diff": "diff",
    "evaluate": "evaluate",
    "explain": "explain",
    "export": "export_nir",
    "fit": "fit",
    "fmt": "fmt",
    "import": "import_keras",
    "init": "init",
    "limits": "limits",
    "plot": "plot",
    "predict": "predict",
    "report": "report",
    "schema": "schema",
    "sweep": "sweep",
    "weights": "weights",
}
"""What to call in Python for each verb."""
ELSEWHERE = {"lsp"}
"""Verbs that are no call: a server for editors."""


def python(code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return done.stdout


def test_the_contract_is_what_type_checkers_and_homes_say() -> None:
    tree = ast.parse((ROOT / "snnc" / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        (node.module, alias.asname)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module != "types"
        for alias in node.names
    }
    homes = {
        (f"snnc.api.{module}", name)
        for module, names in snnc._HOMES.items()
        for name in names
    }
    assert typed == homes
    assert sorted(snnc.__all__) == sorted(name for _, name in homes)


@pytest.mark.parametrize("name", snnc.__all__)
def test_each_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(snnc, name)
    assert inspect.isclass(value) or inspect.isfunction(value)
    assert inspect.getdoc(value)
    if inspect.isclass(value):
        for member, what in vars(value).items():
            documented = member.startswith("_") or not inspect.isfunction(what)
            assert documented or inspect.getdoc(what), f"{name}.{member}"


def test_each_verb_of_the_command_line_is_one_call() -> None:
    assert {*VERBS} - ELSEWHERE == CALLS.keys()
    assert {*CALLS.values()} <= {*snnc.__all__}


def test_functions_stay_what_they_are_when_rooms_of_their_names_are_imported() -> None:
    import snnc.diff.version
    import snnc.fit.trials

    assert inspect.isfunction(snnc.diff)
    assert inspect.isfunction(snnc.fit)
    assert inspect.ismodule(sys.modules["snnc.diff"])


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        getattr(snnc, "lode")  # noqa: B009
    assert "load" in dir(snnc)


def test_importing_brings_nothing_heavy() -> None:
    code = "import snnc, sys; print(*sorted(m.split('.')[0] for m in sys.modules))"
    assert not {*HEAVY} & {*python(code).split()}


def test_importing_takes_no_time() -> None:
    """At most 30 ms above the interpreter; the best of a few, as others run too."""

    def seconds(code: str) -> float:
        best = float("inf")
        for _ in range(5):
            started = time.perf_counter()
            python(code)
            best = min(best, time.perf_counter() - started)
        return best

    assert seconds("import snnc") - seconds("") < 0.03
