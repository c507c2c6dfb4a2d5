"""Every consumer answers for every operation; a gap is one line that names both."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import snnc
from snnc.exact import make_engine
from snnc.fitting.solve import width_key
from snnc.ir.layout import tensors
from snnc.ir.logical import LogicalLayer
from snnc.ir.operation import Operation
from snnc.ir.paths import Step
from snnc.ir.properties import layer_properties
from snnc.language.keywords import FORMS
from snnc.nir.export import CannotExportError, export_nir
from snnc.operations import OPERATIONS
from snnc.operations.joins import Add
from snnc.output.imported import open_package
from snnc.passes import Compilation
from snnc.passes.lower import lower
from snnc.verbs.diff.weights import match_tensors
from snnc.verbs.migrate import migrate
from snnc.weight_files.cores import placed_layers
from tests.exact.proof import compare, random_images, random_weights, write_package
from tests.support import ROOT, compile_text

EXAMPLES = ROOT / "docs" / "examples"


@dataclass(frozen=True)
class Subject:
    """A layer, in the example of its kind."""

    layer: LogicalLayer
    text: str
    made: Compilation
    folder: Path

    @property
    def weights(self) -> dict[str, np.ndarray]:
        assert self.made.network is not None
        random = np.random.default_rng(0)
        return {
            tensor.name: random.normal(size=tensor.shape).astype(np.float32)
            for tensor in tensors(self.made.network)
        }

    def module(self, name: str) -> str:
        modules = self.made.modules or ()
        return next(module.text for module in modules if module.path == name)


def check(subject: Subject) -> None:
    assert subject.made.network is not None


def report(subject: Subject) -> None:
    text = str(snnc.parse(subject.text).report())
    assert subject.layer.kind in text


def notation(subject: Subject) -> None:
    spec = snnc.parse(subject.text)
    again = snnc.parse(spec.to("yaml"), name="again.yaml")
    assert [*again.layers] == [*spec.layers]
    assert again.hash == spec.hash


def keras(subject: Subject) -> None:
    assert f'"{subject.layer.name}"' in subject.module("keras_model.py")


def nengo(subject: Subject) -> None:
    code = subject.module("nengo_network.py")
    assert (f'"{subject.layer.name}"' in code) == (subject.layer.spiking is not None)


def diff(subject: Subject) -> None:
    spec = snnc.parse(subject.text)
    assert spec.diff(spec).weights == "valid"
    network = subject.made.network
    assert network is not None
    read = network.shape_of(subject.layer.sources[0])
    traits = subject.layer.operation.traits(read, subject.layer.shape)
    assert isinstance(traits, dict)


def old_weights(subject: Subject) -> None:
    assert subject.made.network is not None
    layout = tensors(subject.made.network)
    matching = match_tensors(layout, layout, {})
    made = migrate(subject.weights, layout, matching, 0)
    assert {tensor.becomes for tensor in made.tensors} == {"kept"}


def nir(subject: Subject) -> None:
    spec = subject.folder / "net.snn"
    spec.write_text(subject.text, encoding="utf-8")
    try:
        assert export_nir(spec, subject.weights, subject.folder / "net.nir").nodes
    except CannotExportError as error:
        assert str(error).startswith("NIR has no")  # noqa: PT017


def weights(subject: Subject) -> None:
    assert subject.made.mapped is not None
    placed = {each.name for each in placed_layers(subject.made.mapped, subject.weights)}
    stores = subject.layer.on_chip and subject.layer.operation.has_weights
    assert (subject.layer.name in placed) == stores


def fit(subject: Subject) -> None:
    key = width_key(subject.layer)
    assert key is None or key in layer_properties(subject.layer)


def docs(subject: Subject) -> None:
    word = subject.layer.kind.partition(" ")[0]
    assert (EXAMPLES / f"{word}.md").is_file()
    assert f"`{word}" in (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


CONSUMERS: tuple[Callable[[Subject], None], ...] = (
    check, report, notation, keras, nengo, diff, old_weights, nir, weights, fit, docs,
)  # fmt: skip


def subject_of(kind: str, folder: Path) -> Subject:
    word, _, variant = kind.partition(" ")
    text = (EXAMPLES / f"{word}.snn").read_text(encoding="utf-8")
    if variant == "rate":
        text = re.sub(r"encode conv {.*}", "encode rate", text)
    made, _ = compile_text(text, "emit")
    assert made.network is not None, f"the example of {kind} has errors"
    layers = (layer for layer in made.network.layers if layer.kind == kind)
    layer = next(layers, None)
    assert layer is not None, f"the example of {word} has no {kind}"
    return Subject(layer, text, made, folder)


def kinds() -> Iterator[str]:
    for word, form in FORMS.items():
        if form.is_layer:
            yield from (["encode conv", "encode rate"] if word == "encode" else [word])


def test_each_kind_of_layer_has_an_operation() -> None:
    assert sorted(kinds()) == sorted(OPERATIONS)


@pytest.mark.parametrize("consumer", CONSUMERS, ids=lambda consumer: consumer.__name__)
@pytest.mark.parametrize("kind", OPERATIONS)
def test_each_consumer_answers_for_each_operation(
    kind: str, consumer: Callable[[Subject], None], tmp_path: Path
) -> None:
    why = gap(consumer, subject_of(kind, tmp_path))
    assert not why, f"{consumer.__name__} has no answer for {kind}: {why}"


def gap(consumer: Callable[[Subject], None], subject: Subject) -> str:
    """Return why a consumer has no answer, or an empty text."""
    try:
        consumer(subject)
    except Exception as error:
        return str(error).partition("\n")[0] or type(error).__name__
    return ""


class Unknown(Add):
    """An operation that forgets its paths."""

    def steps(self, name: str, reads: object) -> Iterator[Step]:
        return Operation.steps(self, name, [])


def test_a_gap_is_one_line_that_names_the_operation(tmp_path: Path) -> None:
    subject = subject_of("add", tmp_path)

    def lower_it(subject: Subject) -> None:
        assert subject.made.network is not None
        layer = replace(subject.layer, operation=Unknown())
        layers = (
            layer if x.name == layer.name else x for x in subject.made.network.layers
        )
        lower(replace(subject.made.network, layers=tuple(layers)))

    assert gap(lower_it, subject) == "Unknown has no paths to its readers"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", OPERATIONS)
def test_the_engine_and_the_emulator_answer(kind: str, tmp_path: Path) -> None:
    text = subject_of(kind, tmp_path).text
    short = re.sub(r"(  about .*\n)", r"\1  timing { present 10 ms }\n", text)
    package = open_package(write_package(short, tmp_path))
    weights = random_weights(package, bias=0.3)
    with make_engine(package, weights) as engine:
        assert not compare(engine, package, weights, random_images(package, 2))
