"""``import snnc``: light, typed, and all that its names promise."""

import ast
import inspect
from pathlib import Path

import pytest

import snnc
from snnc.cli import VERBS, command_of
from snnc.interface import spec_options
from snnc.interface.sweep_options import SweepOptions
from snnc.verbs import package_options, repository_options
from snnc.verbs.evaluate.options import EvaluateOptions, PredictOptions
from snnc.verbs.exchange import ImportOptions
from snnc.verbs.options import options_of
from tests.commands import run_python
from tests.support import ROOT

HEAVY = ("click", "lark", "matplotlib", "nengo", "numpy", "pydantic", "tensorflow")
CALLS = {"export": "export_nir", "import": "import_keras"}
"""The Python functions of verbs that have another name."""
ELSEWHERE = {"completion", "lsp"}
"""Verbs without a Python function: the server for editors."""


def test_the_contract_is_what_type_checkers_and_homes_say() -> None:
    tree = ast.parse((ROOT / "snnc" / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        (node.module, alias.asname)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module != "snnc.text.version"
        for alias in node.names
    }
    homes = {(module, name) for module, names in snnc._HOMES.items() for name in names}
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
    calls = {CALLS.get(verb, verb) for verb in VERBS} - ELSEWHERE
    assert calls <= {*snnc.__all__}


def test_no_module_of_snnc_has_the_name_of_a_function() -> None:
    """Its import would hide the function."""
    modules = {path.stem for path in (ROOT / "snnc").iterdir()}
    assert not {*snnc.__all__} & modules


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        getattr(snnc, "lode")  # noqa: B009


def test_what_is_listed_is_the_contract() -> None:
    assert dir(snnc) == sorted(["__version__", *snnc.__all__])
    spec = snnc.load(ROOT / "specs" / "drift.snn")
    shown = dir(spec)
    assert {"layers", "replace", "report", "train", "text"} <= {*shown}
    assert not {"made", "found", "routed", "with_settings", "_repr_html_"} & {*shown}
    for result in (spec, spec.report(), spec.fit(patient=False), spec.diff(spec)):
        assert not [name for name in dir(result) if name[0] == "_"]
        assert type(result)._internal <= {*vars(result), *vars(type(result))}


@pytest.mark.parametrize("name", ["adapt", "calibrate", "evaluate", "predict", "train"])
def test_methods_of_packages_are_the_functions(name: str) -> None:
    """So that type checkers and completion know the same options of both."""
    method = getattr(snnc.Package, name)
    assert method is getattr(snnc, name, method)
    assert next(iter(inspect.signature(method).parameters)) == "package"


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("build", spec_options.BuildOptions),
        ("calibrate", package_options.CalibrateOptions),
        ("check", spec_options.CheckOptions),
        ("convert", spec_options.ConvertOptions),
        ("demo", repository_options.DemoOptions),
        ("evaluate", EvaluateOptions),
        ("export", spec_options.ExportOptions),
        ("fit", spec_options.FitOptions),
        ("import", ImportOptions),
        ("init", repository_options.InitOptions),
        ("plot", spec_options.PlotOptions),
        ("predict", PredictOptions),
        ("report", repository_options.ReportOptions),
        ("status", repository_options.StatusOptions),
        ("sweep", SweepOptions),
        ("train", package_options.TrainOptions),
    ],
)
def test_the_help_and_the_docstring_describe_options_alike(
    verb: str, options: type
) -> None:
    helps = {each.name: getattr(each, "help", "") for each in command_of(verb).params}
    call = getattr(snnc, CALLS.get(verb, verb))
    described = " ".join((inspect.getdoc(call) or "").split())
    for name, option in options_of(options).items():
        assert helps[name] == option.help
        assert option.help.replace("`", "``") in described


RIGHT = """\
import numpy as np
import snnc

spec = snnc.load("specs/drift.snn")
print(2 * spec.layers["c0"].filters, spec.input.shape[0])
print(spec.train.epochs + 1, spec.report().cores + 1)
package = spec.build("models")
x, y = np.zeros((9, 8, 16, 16, 1)), np.zeros(9, int)
package.train(x, y, weights="w.safetensors", spike_updates=30)
result = package.evaluate(x, y, "w.safetensors", simulator="exact")
print(result.accuracy, result.rates)
"""
MISTAKES = {
    'simulator="exact"': 'simulatr="exact"',
    "spike_updates=30": 'spike_updates="many"',
    'layers["c0"].filters': 'layers["c0"].filtrs',
    "report().cores": "report().core",
    "spec.train.epochs": "spec.train.epoch",
}


@pytest.mark.slow
def test_a_type_checker_finds_each_mistake(tmp_path: Path) -> None:
    wrong = RIGHT
    for good, bad in MISTAKES.items():
        assert good in wrong
        wrong = wrong.replace(good, bad)
    (tmp_path / "wrong.py").write_text(wrong)
    done = run_python("-m", "mypy", "--strict", tmp_path / "wrong.py", cwd=ROOT)
    assert done.stdout.count(": error:") == len(MISTAKES), done.stdout


def test_importing_brings_nothing_heavy() -> None:
    code = "import snnc, sys; print(*sorted(m.split('.')[0] for m in sys.modules))"
    modules = {*run_python("-c", code).stdout.split()}
    assert "snnc" in modules
    assert not {*HEAVY} & modules
