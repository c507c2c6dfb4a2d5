r"""No text of a spec becomes code, at any place in the spec.

The specs use the whole language. Each word, text and comment is replaced by hostile
ones. If `check` accepts the spec, the package's code differs only in constants and
names; otherwise `check` gives a diagnostic.
"""

import ast
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnc.diagnostics import Diagnostics
from snnc.diagnostics.diagnostic_text import render
from snnc.driver import compile_spec
from snnc.editors.rules import value_words
from snnc.emit import Origin
from snnc.emit.files import LIBRARY, GeneratedFile, is_generated
from snnc.emit.python import comment
from snnc.language.keywords import CLAUSES, HEADERS, KEYS, KINDS, VARIANTS, types_in
from snnc.language.model import NetworkSpec
from snnc.language.models import Model, fields_of
from snnc.source import SourceFile, Span
from snnc.syntax.build import tokens
from snnc.syntax.printer import print_snn
from snnc.syntax.yaml.nodes import Composer
from snnc.syntax.yaml.printer import not_in_comments, print_yaml
from tests.emit.test_names import names_in

CODE = "__import__('os').abort()"
PAYLOADS = (
    f'"""\n{CODE}\n"""',
    f"'''\n{CODE}\n'''",
    f'\\"\\"\\"\n{CODE}\n#',
    f'"\n{CODE}',
    f"'\r{CODE}",
    f"\n{CODE}",
    f"\r\n{CODE}",
    f"\u2028{CODE}",
    f"\x0c{CODE}\x85{CODE}",
    f"\x00{CODE}",
    f"\u202e{CODE}\u2066",
    "\ud800",
    "ends with \\",
    '\\"',
    "{{ 7*7 }}",
    "{% raw %}",
    "%}",
    "#}",
    "{# a #}",
    "%s {0} {name} $x",
    "\\N{QUOTATION MARK}" * 3,
    "\\u0022\\x22\\042",
    f"x)\n{CODE}",
    "x.kernel",
    "x y",
    "../../x",
    "é",
    "x\ufe0f\u0301",
    "x" * 5000,
    "load_weights",
    "",
    " ",
)

# Between them, they use every statement, and every field that holds a text.
CONV = """# harmless
snn 1

network net { # harmless
  about "harmless"
  target nengo
  neuron lif { tau_rc 20 ms }
  defaults conv2d { padding same, kernel 3 }
  input image 8x8x1 in 0..1
  encode conv e from image { filters 2, padding same }
  conv2d a from e { filters 4 }
  conv2d b from a { filters 4, padding same, shortcut a }
  depthwise2d h from b { padding same, shortcut a }
  downsample s from a { filters 4, shortcut a }
  conv2d_transpose t from s { filters 4, kernel 2, stride 2, shortcut a }
  upsample w from s { factor 2 }
  conv2d v from w { filters 4, padding same }
  add j from a, h, t, v
  concat k from a, b
  maxpool m from j { window 2 }
  avgpool p from m { window all }
  avgpool q from k { window all }
  dense f from s { units 2 }
  concat r from p, q
  dense d from r { units 2, shortcut f }
  readout y from d { classes [harmless, "not harmless", third], decide last }
  train { loss focal { gamma 2 }, optimizer sgd { nesterov on }, schedule cosine }
}
"""
RATE = """snn 1

network net {
  target loihi { pop auto }
  defaults { place chip, block auto }
  input image 8x1 in 0..1
  encode rate e from image
  conv1d a from e { filters 2, neuron relu, padding causal }
  conv1d c from a { filters 2, kernel 1, place chip, block 8x2, shortcut a }
  readout y { units 2 }
  train { loss mse, optimizer adamw }
}
"""
SOURCES = {"conv": CONV, "rate": RATE}


@dataclass(frozen=True)
class Place:
    """A part of a spec that a payload may replace.

    ``is_comment``: between `#` and the end of the line. ``is_text``: a comment, or
    another place for any text. ``is_free``: one of these, or the first place of a name;
    elsewhere only words of the spec are known.
    """

    name: str
    start: int
    end: int
    is_comment: bool
    is_text: bool
    is_free: bool


def compile_as(text: str, name: str, through: str = "emit") -> tuple[Any, Diagnostics]:
    report = Diagnostics()
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as files are read
    return compile_spec(SourceFile(name, text), report, through), report


@cache
def texts() -> dict[str, str]:
    """Return each spec in both notations, by the name of its file."""
    found = {}
    for name, text in SOURCES.items():
        results, report = compile_as(text, "net.snn")
        assert not report.diagnostics, render(report.diagnostics)
        found[f"{name}.snn"] = print_snn(results.document)
        found[f"{name}.yaml"] = print_yaml(results.document)
    return found


@cache
def places(file: str) -> tuple[Place, ...]:
    """Return the words, texts and comments of a spec."""
    text = texts()[file]
    document = compile_as(text, file)[0].document
    comments = [Span(c.span.source, c.span.start + 1, c.span.end)
                for c in document.comments]  # fmt: skip
    found = [Place(file, c.start, c.end, True, True, True) for c in comments]
    seen = {*KINDS, *KEYS, *CLAUSES, *HEADERS, *chain(*VARIANTS.values())}
    seen |= {*value_words(), "name", "shape", "layers"}
    for span in words(file, text):
        is_name = span.text.isidentifier() and span.text not in seen
        is_text = "harmless" in span.text
        is_free = is_text or (is_name and file.endswith(".snn"))
        seen.add(span.text)
        found.append(Place(file, span.start, span.end, False, is_text, is_free))
    return tuple(found)


def words(file: str, text: str) -> list[Span]:
    """Return the places of a spec's words and quoted texts, quotes included."""
    source = SourceFile(file, text)
    if file.endswith(".snn"):
        found = tokens(source.whole)
        return [token.span for token in found if token.type in ("NAME", "STRING")]
    composer = Composer(source, Diagnostics())
    composer.compose()
    return composer.scalars


def quotings(payload: str, place: Place) -> Iterator[str]:
    """Return a payload without quotes, and in each kind of quotes of the notation."""
    # UTF-8 can't say half a character, and a word less is another spec.
    if "\ud800" not in payload and (payload.strip() or place.is_comment):
        yield payload
    if place.is_comment:
        return
    if place.name.endswith(".snn") and "\ud800" not in payload:
        escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
        yield '"' + "".join(escapes.get(c, c) for c in payload) + '"'
    if place.name.endswith(".yaml"):
        yield json.dumps(payload)
    if place.name.endswith(".yaml") and "\ud800" not in payload:
        yield "'" + payload.replace("'", "''") + "'"


def attack(place: Place, payload: str) -> None:
    """Put a payload in a place, in each way to write it, and look at what is made."""
    text = texts()[place.name]
    for attempt in quotings(payload, place):
        attacked = text[: place.start] + attempt + text[place.end :]
        results, report = compile_as(attacked, place.name)
        if modules := results.modules:
            assert not report.errors
            if not place.is_free and attempt.lstrip().startswith("#"):
                continue  # a comment hides words, whose defaults are other code
            same_code(modules, harmless(place.name), results.network.name)
            same_data(modules, results)
            if place.is_free:
                same_when_converted(results)
        else:
            assert f" --> {place.name}:" in render(report.diagnostics)


@cache
def harmless(file: str) -> tuple[GeneratedFile, ...]:
    modules: tuple[GeneratedFile, ...] = compile_as(texts()[file], file)[0].modules
    return modules


def same_code(
    ours: tuple[GeneratedFile, ...], theirs: tuple[GeneratedFile, ...], name: str
) -> None:
    assert [module.path for module in ours] == [module.path for module in theirs]
    for our, their in zip(ours, theirs, strict=True):
        if our.path.endswith(".py"):
            assert shape(our.text) == shape(their.text), (name, our.path)


@cache
def shape(code: str) -> str:
    """Return the syntax tree of code without the spec's texts, numbers and names."""
    tree = ast.parse(code)
    for function in tree.body:
        own = {n.id for n in names_in(function) if isinstance(n.ctx, ast.Store)}
        for name in names_in(function):
            if isinstance(function, ast.FunctionDef) and name.id in own:
                name.id = "variable"
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, int)):
            node.value = type(node.value)()
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Tuple):
            # Two words instead of one add a class.
            kept = [n for n in node.value.elts if not isinstance(n, ast.Constant)]
            node.value.elts = kept if node.arg == "names" else node.value.elts
    return ast.dump(tree)


def same_data(modules: tuple[GeneratedFile, ...], results: Any) -> None:
    """Check that the package's docstring repeats the spec's text about the network."""
    (package,) = (m.text for m in modules if m.path == "__init__.py")
    said = ast.literal_eval(package).split("\n\n")
    about = comment(" ".join(results.network.about.split()))
    assert " ".join(said[1].split()) == " ".join(about.split()) or not about


def same_when_converted(results: Any) -> None:
    for printed, name in ((print_snn, "net.snn"), (print_yaml, "net.yaml")):
        if name == "net.yaml" and any(not_in_comments(results.document)):
            continue  # `snnc convert` refuses it
        again, report = compile_as(printed(results.document), name, "validate")
        assert not report.errors, render(report.diagnostics)
        assert spec_json(again) == spec_json(results)


def spec_json(results: Any) -> str:
    """Return the spec, with the line ends that reading a file leaves."""
    spec = json.dumps(asdict(results.spec.spec))
    return str(spec).replace("\\r\\n", "\\n").replace("\\r", "\\n")


def string_fields(model: type[Model]) -> set[str]:
    """Yield each field of a model, and of those inside it, that holds a text."""
    found = set()
    for name, field in fields_of(model).items():
        parts = list(types_in(field.type))
        found |= {f"{model.__name__}.{name}" for part in parts if part is str}
        for part in parts:
            if isinstance(part, type) and issubclass(part, Model):
                found |= string_fields(part)
    return found


def said_fields(value: Any) -> set[str]:
    """Yield each field of a spec that holds a text in words of its own."""
    if isinstance(value, tuple):
        return {field for item in value for field in said_fields(item)}
    if not isinstance(value, Model):
        return set()
    found = set()
    for name in fields_of(type(value)):
        inner = getattr(value, name)
        texts = inner if isinstance(inner, tuple) else (inner,)
        if inner and all(isinstance(text, str) for text in texts):
            found.add(f"{type(value).__name__}.{name}")
        found |= said_fields(inner)
    return found


def test_every_text_of_the_language_is_attacked() -> None:
    said = set()
    for file, text in texts().items():
        said |= said_fields(compile_as(text, file)[0].spec.spec)
    missing = string_fields(NetworkSpec) - said
    assert not missing, f"add them to the specs of this file: {sorted(missing)}"


FILES = [f"{name}.{end}" for name in SOURCES for end in ("snn", "yaml")]


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_no_word_of_a_spec_becomes_code(payload: str, file: str) -> None:
    turn = PAYLOADS.index(payload)
    for number, place in enumerate(places(file)):
        # All payloads go where any text may be. Names must be words, so each name
        # gets an eighth; the rest are words that the language knows.
        every = 1 if place.is_text else 8 if place.is_free else len(PAYLOADS)
        if (number + turn) % every == 0:
            attack(place, payload)


_TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="\"'\\\n\r\u2028{}%#[]: x", max_size=30),
    st.lists(st.sampled_from(PAYLOADS), max_size=3).map("".join),
)


@pytest.mark.slow
@settings(max_examples=100)
@given(st.data(), _TEXTS)
def test_no_text_at_all_becomes_code(data: st.DataObject, payload: str) -> None:
    file = data.draw(st.sampled_from(FILES))
    attack(data.draw(st.sampled_from(places(file))), payload)


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_no_path_becomes_code(payload: str) -> None:
    origin = Origin(f"{payload}.snn", f"models/{payload}")
    for plain in harmless("conv.snn"):
        if not plain.path.endswith(".py") or plain.path.startswith(LIBRARY):
            continue
        text = plain.with_header(origin).text
        assert is_generated(text)
        assert text.split("\n", 2)[2] == plain.text
        assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(plain.text))


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_the_names_of_classes_are_what_the_spec_says(payload: str) -> None:
    text = texts()["conv.yaml"].replace("not harmless", "@@@")
    label = json.dumps(payload)[1:-1]
    results, report = compile_as(text.replace("@@@", label), "net.yaml")
    if report.errors:
        assert not payload.strip() or "\ud800" in payload
        return
    assert results.network.readout.labels == ("harmless", payload, "third")
