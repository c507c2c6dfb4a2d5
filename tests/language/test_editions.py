"""Editions: what differs, what stays, and how a spec is written in another one."""

from pathlib import Path
from typing import Any

import pytest

import snnc
from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.language.editions import EDITIONS
from snnc.language.model import spec_hash
from snnc.source import SourceFile
from snnc.syntax.editions import in_edition
from snnc.syntax.files import format_document, print_document
from tests.agreement.specs import draw_specs
from tests.commands import run
from tests.support import ROOT, codes, network

DRIFT = Path(__file__).parent / "edition_1.snn"
"""A spec that was shipped before edition 2 existed."""
EXAMPLES = [
    *sorted((ROOT / "docs/examples").glob("*.snn")),
    *(ROOT / "specs").glob("*.snn"),
    *(ROOT / "specs").glob("*.yaml"),
]
BODY = """
  input image 12x12x1 in 0..1
  encode conv { filters 2 }
  conv2d a { filters 4 }
  maxpool p { window 2 }
  dense d { units 8, neuron lif }
  readout y { classes 2 }
"""


def compiled(text: str, name: str = "net.snn") -> Any:
    report = Diagnostics()
    made = compile_spec(SourceFile(name, text), report, "emit")
    assert not report.errors, [d.message for d in report.diagnostics]
    return made


def texts(made: Any) -> dict[str, str]:
    return {file.path: file.text for file in made.modules}


def newer(text: str) -> str:
    return text.replace("snn 1", "snn 2", 1)


def test_the_hash_of_a_spec_of_edition_1_is_frozen() -> None:
    """Packages in other repos have this hash in their `snnc.lock`."""
    assert snnc.load(DRIFT).hash == (
        "68c56503e4dfd3585aa2836add8ea2e08bac95f4cbe03f28c13402f4926cb46d"
    )


@pytest.mark.parametrize("number", EDITIONS)
def test_an_edition_has_its_defaults(number: int) -> None:
    edition = EDITIONS[number]
    spec = snnc.parse(network(BODY).replace("snn 1", f"snn {number}"))
    assert spec.edition == number
    assert spec.timing.present == edition.present
    assert spec.timing.synapse == edition.synapse
    assert spec.readout.synapse == edition.readout_synapse
    rates = {name: layer.rate for name, layer in spec.layers.items() if name != "p"}
    assert rates.pop("encode") == edition.encoder_rate
    assert rates == {"a": edition.rate, "d": edition.rate}
    assert spec.layers["p"].rate == (0.0, edition.rate[1])
    assert spec.layers["a"].synapse == edition.synapse


def test_a_written_value_is_the_same_in_each_edition() -> None:
    written = BODY.replace("filters 2", "filters 2, rate ..100 Hz")
    written = written.replace("classes 2", "classes 2, synapse 3 ms")
    head = "timing { present 30 ms, synapse 2 ms }\n  defaults { rate 10..90 Hz }\n"
    old = network(head + written)
    assert texts(compiled(old)) == texts(compiled(newer(old)))
    assert texts(compiled(network(BODY))) != texts(compiled(newer(network(BODY))))


def test_default_times_suit_usual_networks() -> None:
    """Three layers on the chip have enough time with the defaults of edition 2."""
    layers = "\n".join(f"conv2d c{n} {{ filters 4 }}" for n in range(3))
    body = "input i 12x12x1 in 0..1\nencode conv\n{}\nreadout y {{ classes 2 }}"
    assert codes(newer(network(body.format(layers)))) == []
    more = f"{layers}\nconv2d more {{ filters 4 }}"
    assert codes(newer(network(body.format(more)))) == ["SNN509"]


def check_conversion(text: str, name: str) -> None:
    """Convert a spec to edition 2 and back: it compiles to the same network."""
    made = compiled(text, name)
    there = print_document(in_edition(made.document, 2), made.source.notation)
    again = compiled(there, name)
    assert again.spec.spec.snn == 2
    assert format_document(again.document) == there
    assert texts(again) == texts(made)
    back = print_document(in_edition(again.document, 1), made.source.notation)
    assert texts(compiled(back, name)) == texts(made)


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_keeps_its_network_in_another_edition(path: Path) -> None:
    check_conversion(path.read_text(encoding="utf-8"), path.name)


@pytest.mark.slow
def test_drawn_specs_keep_their_networks_in_another_edition() -> None:
    for text in draw_specs(20, first=50):
        check_conversion(text, "net.snn")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "timing { present 100 ms, synapse 5 ms }\n  defaults { rate 20..150 Hz }"),
        (
            "timing { dt 2 ms }\n  defaults { neuron lif }",
            "timing { dt 2 ms, present 100 ms, synapse 5 ms }\n"
            "  defaults { neuron lif, rate 20..150 Hz }",
        ),
        (
            "timing { present 60 ms }\n  defaults conv2d { rate 1..9 Hz }",
            "timing { present 60 ms, synapse 5 ms }\n"
            "  defaults { rate 20..150 Hz }\n  defaults conv2d { rate 1..9 Hz }",
        ),
    ],
)
def test_only_defaults_on_which_a_spec_relies_are_written(old: str, new: str) -> None:
    made = compiled(network(old + BODY))
    rest = BODY.replace("filters 2", "filters 2, rate ..250 Hz")
    rest = rest.replace("classes 2", "classes 2, synapse 10 ms")
    expected = compiled(newer(network(new + rest)))
    found = compiled(print_document(in_edition(made.document, 2), "snn"))
    assert spec_hash(found.spec.spec) == spec_hash(expected.spec.spec)
    assert texts(found) == texts(made)


def test_each_of_several_encoders_gets_its_rate() -> None:
    body = """
      input image 12x12x1 in 0..1
      encode conv a { filters 2 }
      encode rate b from image
      concat from a, b
      dense d { units 4, rate 5..50 Hz }
      readout y { classes 2 }
    """
    text = print_document(in_edition(compiled(network(body)).document, 2), "snn")
    assert text.count("rate ..250 Hz") == 2
    assert "defaults" not in text


def test_convert_keeps_notation_and_comments(here: Path) -> None:
    for name in ("drift.snn", "drift.yaml"):
        text = (ROOT / "specs" / name).read_text(encoding="utf-8")
        Path(name).write_text(f"# mine\n{text}", encoding="utf-8")
        done = run("convert", name, "--edition", "1")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(("# mine\nsnn 1\n", "# mine\nsnn: 1\n"))
        same = run("convert", name, "--edition", "2").stdout
        assert same == Path(name).read_text(encoding="utf-8")
    assert run("convert", "drift.snn", "--edition", "3").returncode == 2


def test_a_folder_may_have_specs_of_both_editions(here: Path) -> None:
    old = network(BODY, "old")
    Path("old.snn").write_text(old, encoding="utf-8")
    Path("new.snn").write_text(newer(network(BODY, "new")), encoding="utf-8")
    assert run("check", ".").returncode == 0
    assert run("build", ".").returncode == 0
    assert run("build", "--check", ".").returncode == 0
    presents = [
        Path("models", name, "network.py").read_text(encoding="utf-8").count(line)
        for name, line in (("old", "PRESENT = 0.1 "), ("new", "PRESENT = 0.04 "))
    ]
    assert presents == [1, 1]
    changed = run("diff", "old.snn", "new.snn").stdout
    assert "present 100 ms -> 40 ms" in changed


def test_an_unknown_edition_is_refused_in_one_line() -> None:
    with pytest.raises(snnc.SpecError) as raised:
        snnc.parse(network(BODY).replace("snn 1", "snn 3"))
    (problem,) = raised.value.diagnostics
    said = "this version of snnc knows editions 1 to 2, not 3"
    assert (problem.code, problem.message, problem.fix) == ("SNN110", said, None)
