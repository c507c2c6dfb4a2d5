"""The text of `nengo_network.py`: how long it is, and that nothing in it is idle."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from tests.agreement.networks import BODIES, text
from tests.support import SPECS, network, sound

PUBLIC = {
    "block_shape",  # nengo-loihi's
    "build_network",
    "input",
    "layer_values",
    "layers",
    "net",
    "output",
    "shape",
    "step",
    "STEPS",
    "DT",
}
LINES_A_LAYER = 15
"""Seven of its row in LAYERS, one that adds it, seven that connect it."""


def code(spec: str, path: str = "nengo_network.py") -> str:
    (module,) = (m for m in sound(spec, "emit") if m.path == path)
    return str(module.body)


def volume(depth: int, target: str) -> str:
    return network(
        f"""
        target {target}
        input clip {depth}x6x6x1 in 0..1
        encode conv {{ filters 2 }}
        conv3d c0 {{ filters 4, padding same }}
        conv3d c1 {{ filters 4, padding same, stride 2x1x1 }}
        readout y {{ classes 3 }}
        """
    )


def tower(layers: int, kind: str, shape: str, shortcuts: bool) -> str:
    body = ""
    for i in range(layers):
        shortcut = f", shortcut c{i - 2}" if shortcuts and i > 1 else ""
        body += f"{kind} c{i} {{ filters 4, padding same{shortcut} }}\n"
    return network(
        f"target nengo\ninput x {shape} in 0..1\nencode conv {{ filters 2 }}\n"
        f"{body}readout y {{ classes 3 }}"
    )


def lines(spec: str) -> int:
    return len(code(spec).splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("target", ["nengo", "loihi { chips 8 }"])
def test_a_deeper_volume_takes_no_more_lines(target: str) -> None:
    assert lines(volume(4, target)) == lines(volume(64, target))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "shape"),
    [("conv1d", "16x2"), ("conv2d", "6x6x2"), ("conv3d", "16x4x4x2")],
)
def test_lines_grow_with_layers_at_most(kind: str, shape: str) -> None:
    def more(shortcuts: bool) -> int:
        few, many = (lines(tower(n, kind, shape, shortcuts)) for n in (25, 50))
        return many - few

    assert 0 < more(False) <= 25 * LINES_A_LAYER
    # A shortcut is one connection more.
    assert 0 < more(True) <= 25 * (LINES_A_LAYER + 7)


SOURCES = {spec.stem: spec.read_text(encoding="utf-8") for spec in SPECS} | {
    f"{name} {neuron} {target[:5]}": text(name, neuron, target)
    for name in BODIES
    for neuron, target in (
        ("relu", "loihi { chips 2 }"),
        ("lif", "loihi { chips 2 }"),
        ("lif", "nengo"),
    )
}


@pytest.mark.parametrize("source", SOURCES)
def test_all_that_is_defined_is_used(source: str) -> None:
    tree = ast.parse(code(SOURCES[source]))
    idle = set(defined_names(tree)) - set(used_names(tree)) - PUBLIC
    assert not idle


def defined_names(tree: ast.AST) -> list[str]:
    """Every class, function, method, attribute, constant, argument of a module."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.append(name)
            case ast.Name(id=name, ctx=ast.Store()):
                found.append(name)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                found.append(name)
            case ast.arg(arg=name):
                found.append(name)
    return [name for name in found if name != "_" and not name.startswith("__")]


def used_names(tree: ast.AST) -> Counter[str]:
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                found[name] += 1
            case ast.Attribute(attr=name, ctx=ast.Load()):
                found[name] += 1
    return found


@pytest.mark.parametrize("name", ["mnist", "allconv", "residual"])
def test_layers_without_a_depth_have_no_parts(name: str) -> None:
    assert "Part" not in code(SOURCES[name])
    assert "group" not in code(SOURCES[name])


def test_what_is_for_the_chip_is_not_in_a_plain_network() -> None:
    spec = volume(4, "nengo")
    for word in ("oihi", "block", "pop_type", "_place"):
        assert word not in code(spec)
    assert "loihi" not in code(spec, "evaluate.py")
