"""No name of a spec collides with what the generated code, or another name, uses."""

import ast
import importlib
import symtable
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from snnc.emit.files import GeneratedFile
from snnc.language.readers import why_no_name, why_no_package
from tests.emit.packages import importable, module
from tests.support import codes, network, sound, write_modules

ROLES = [
    "image", "spikes", "first", "second", "sums", "both", "pool", "third", "fourth",
    "fifth", "digit",
]  # fmt: skip
BODY = """
  target loihi {{ chips 4 }}
  input {image} 4x8x8x1 in -2..2 as -1..1
  {encoder}
  conv3d {first} {{ filters 4, kernel 1x3x3, padding same }}
  conv3d {second} {{ filters 4, padding same, shortcut {spikes} }}
  add {sums} from {first}, {second}
  concat {both} from {sums}, {first}
  avgpool {pool} {{ window 2 }}
  conv3d {third} {{ filters 4, kernel 2, neuron lif, batchnorm on, dropout 0.1 }}
  conv3d {fourth} {{ filters 4, kernel 1, place host }}
  dense {fifth} {{ units 4, place host, shortcut {third} }}
  readout {digit} {{ classes 2 }}
"""
ENCODERS = ("encode conv {spikes} {{ filters 2 }}", "encode rate {spikes}")
FUNCTIONS = {"keras_model.py": "build_model", "nengo_network.py": "build_network"}
# Names that two statements of one spec can both give.
PAIRS = [
    "a", "a_", "A", "a_on_host", "a_on_host_", "a_shortcut", "a_kernel", "a_bias",
    "a_norm", "a_0", "a_scaled", "list", "list_", "list__", "x", "y", "net", "model",
    "inputs", "scaled", "shortcut", "opposite", "relu", "lif",
]  # fmt: skip


def spec(names: dict[str, str], encoder: str = ENCODERS[0]) -> str:
    statement = encoder.format(**names)
    return network(BODY.format(encoder=statement, **names))


def package(
    names: dict[str, str], encoder: str = ENCODERS[0]
) -> tuple[GeneratedFile, ...]:
    modules: tuple[GeneratedFile, ...] = sound(spec(names, encoder), "emit")
    return modules


@cache
def neutral(encoder: str) -> dict[str, str]:
    """Return the functions' modules with names that mean nothing."""
    modules = package({role: role for role in ROLES}, encoder)
    return {m.path: m.text for m in modules if m.path in FUNCTIONS}


@cache
def suspicious() -> tuple[str, ...]:
    """Every word that the functions use, or that another name could become."""
    words = {*PAIRS, "print", "dict", "numpy", "tensorflow", "__init__"}
    for path, text in neutral(ENCODERS[0]).items():
        function = function_in(text, FUNCTIONS[path])
        words |= {node.id for node in names_in(function)}
        words |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return tuple(sorted(word for word in words if not why_no_name(word)))


def test_the_suspects_are_those_that_the_code_uses() -> None:
    assert {"NETWORK", "LAYOUT", "Convolve", "layers", "keras"} <= {*suspicious()}


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ENCODERS, ids=["conv", "rate"])
def test_each_role_takes_each_name(encoder: str) -> None:
    words = suspicious()
    for start in range(len(words)):
        chosen = [words[(start + i) % len(words)] for i in range(len(ROLES))]
        names = dict(zip(ROLES, chosen, strict=True))
        for found in package(names, encoder):
            if found.path in FUNCTIONS:
                plain = neutral(encoder)[found.path]
                function = FUNCTIONS[found.path]
                assert not list(problems(found.text, plain, function)), names


def problems(text: str, plain: str, function: str) -> Iterator[str]:
    """Give a function's names that hide a needed name or mean two things."""
    compile(text, "module.py", "exec")
    local = {s.get_name() for s in symbols(text, function) if s.is_local()}
    needed = {s.get_name() for s in symbols(plain, function) if s.is_global()}
    yield from sorted(f"{name} hides another" for name in local & needed)
    meanings = defaultdict(set)
    for variable, meaning in bindings(function_in(text, function)):
        meanings[variable].add(meaning)
    for variable, found in meanings.items():
        if len(found) > 1:
            yield f"{variable} is {sorted(found)}"
    count = len({variable for variable, _ in bindings(function_in(plain, function))})
    if len(meanings) != count:
        yield f"{len(meanings)} variables instead of {count}"


def symbols(text: str, function: str) -> Iterator[symtable.Symbol]:
    """Yield the symbols of a function and of the comprehensions in it."""
    module_table = symtable.symtable(text, "module.py", "exec")
    waiting = [t for t in module_table.get_children() if t.get_name() == function]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        yield from table.get_symbols()


def function_in(text: str, name: str) -> ast.FunctionDef:
    (found,) = (
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return found


def names_in(node: ast.AST) -> list[ast.Name]:
    return [n for n in ast.walk(node) if isinstance(n, ast.Name)]


def bindings(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield each variable of a function with its layer, or with `OWN`."""
    yield from ((argument.arg, OWN) for argument in function.args.args)
    for node in ast.walk(function):
        if isinstance(node, ast.For):
            yield from ((name.id, OWN) for name in names_in(node.target))
        if isinstance(node, ast.Assign):
            meaning = meaning_of(node.value)
            yield from ((n.id, meaning) for n in chain(*map(names_in, node.targets)))


def meaning_of(value: ast.expr) -> str:
    """Return the layer that an expression makes, by its name."""
    source = ast.unparse(value)
    if source.startswith(("build.input", "build.layer", "build.maxpool")):
        names = (n.value for n in ast.walk(value) if isinstance(n, ast.Constant))
        return str(next(names, source))
    for node in ast.walk(value):
        if isinstance(node, ast.keyword) and node.arg == "name":
            layer, _, part = str(ast.literal_eval(node.value)).partition(".")
            return OWN if part in OWN_PARTS else layer
    return OWN


OWN = "the function's own"
OWN_PARTS = ("flat", "shortcut", "shortcut.flat", "scaled", "off")


def test_a_name_of_the_language_or_of_python_is_refused() -> None:
    for name in ("conv2d", "softmax", "lambda", "match", "case", "type", "_", "__x__"):
        assert why_no_name(name)


@pytest.mark.parametrize("name", ["numpy", "test", "snnc", "six", "Con", "LPT1", "sys"])
def test_a_network_is_no_library_and_no_device(name: str) -> None:
    assert why_no_package(name)
    assert "SNN213" in codes(spec({r: r for r in ROLES}).replace("net {", f"{name} {{"))


@pytest.mark.parametrize("name", ["layout", "evaluate", "keras_model", "models", "com"])
def test_a_network_may_be_called_as_one_of_its_modules(name: str) -> None:
    text = spec({role: role for role in ROLES}).replace(
        "network net", f"network {name}"
    )
    assert all(compile(m.text, m.path, "exec") for m in sound(text, "emit"))


@pytest.mark.slow
def test_the_nastiest_names_build_and_agree(tmp_path: Path) -> None:
    nasty = "NETWORK LAYOUT build scaled shortcut spiking keras a layers a_ Convolve"
    names = dict(zip(ROLES, nasty.split(), strict=True))
    text = spec(names).replace("network net", "network layout")
    folder = write_modules(sound(text, "emit"), tmp_path / "layout")
    with importable(folder):
        keras, nengo = module(folder, "keras_model"), module(folder, "nengo_network")
        model = keras.build_model()
        keras.export_weights(model, tmp_path / "w.safetensors")
        images = np.random.default_rng(0).uniform(-2, 2, (2, 4, 8, 8, 1))
        built = nengo.build_network(
            tmp_path / "w.safetensors", images, "rate", probe=("layers",)
        )
        simulator = importlib.import_module("nengo").Simulator(
            built.net, dt=nengo.NETWORK.dt, progress_bar=False
        )
        steps = nengo.NETWORK.steps
        with simulator:
            simulator.run_steps(2 * steps)
        rows = simulator.data[built.output][steps - 1 :: steps]
        np.testing.assert_allclose(rows, model.predict(images, verbose=0), atol=1e-4)
