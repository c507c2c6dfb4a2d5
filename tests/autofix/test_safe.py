"""What `--fix` writes can't mean anything else, and leaves less wrong than before."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_spec
from snnc.source import SourceFile
from snnc.tools.autofix import autofix

GOOD = """\
snn 1

network net {
  about "A net."
  target loihi { chips 1 }
  timing { dt 1 ms, present 80 ms }
  input image 12x12x2 in 0..1
  encode conv e { filters 2 }
  conv2d end_a { filters 4 }
  dense d0 from end_a { units 8, neuron lif }
  readout y { classes 2 }

  train {
    loss cross_entropy
    optimizer sgd
  }
}
"""
ANOTHER = {
    "target loihi": "target loihi2|target nengo2|target loihix",
    "neuron lif": "neuron if|neuron alif|neuron plif|neuron qif|neuron glif|neuron lifs"
    "|neuron clif|neuron adlif|neuron eif|neuron li",
    "optimizer sgd": "optimizer sgdm|optimizer sgdw|optimizer nadam|optimizer adan"
    "|optimizer adamax|optimizer rmsprop|optimizer qsgd|optimizer adama",
    "loss cross_entropy": "loss binary_crossentropy|loss mae|loss msle|loss rmse"
    "|loss mape|loss nll",
    "conv2d end_a": "conv2dt end_a|dconv2d end_a|conv4d end_a",
    "from end_a": "from end_b",
    "filters 4": "filters 4, window 3|filters 4, pad 1|filters 4, bits 8",
    "2 }\n\n": "2 }\n  adaptiveavgpool2d { window 2 }\n\n",
    "present 80 ms": "present 80 mHZ",
}
SAME = {
    'about "A net."': "about 'A net.'|about \u201cA net.\u201d|about \u00abA net.\u00bb"
    "|about A net.",
    "target loihi": "target lohi|target liohi|target Loihi|target loihii",
    "neuron lif": "neuron LIF|neuron lfi|neuron liff|activation lif",
    "optimizer sgd": "optimizer sdg|optimizer SGD|optim sgd",
    "loss cross_entropy": "loss cross_entrpy|loss categorical_crossentropy",
    "encode conv e": "encodeconv e|encode_conv e|encode cnv e|encode covn e",
    "conv2d end_a": "Conv2D end_a|conv2 end_a|con2vd end_a",
    "filters 4": "filter 4|filtres 4|num_filters 4|filters = 4",
    "present 80 ms": "present 80ms|present 80 msec|present 80",
    "  conv2d end_a { filters 4 }": "  - conv2d: {name: end_a, filters: 4}"
    "|  - conv2d:\n      name: end_a\n      filters: 4",
}


def pairs(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(good, bad) for good, all_ in table.items() for bad in all_.split("|")]


def test_the_spec_is_good() -> None:
    report = Diagnostics()
    compile_spec(SourceFile("x.snn", GOOD), report, through="place")
    assert report.diagnostics == ()


@pytest.mark.parametrize(("good", "bad"), pairs(ANOTHER))
def test_what_may_be_another_word_is_left_to_the_author(good: str, bad: str) -> None:
    assert good in GOOD
    text = GOOD.replace(good, bad)
    fixed = autofix(SourceFile("x.snn", text))
    assert (fixed.source.text, fixed.count) == (text, 0)
    assert fixed.report.errors > 0


@pytest.mark.parametrize(("good", "bad"), pairs(SAME))
def test_what_can_only_be_a_slip_is_mended(good: str, bad: str) -> None:
    assert good in GOOD
    fixed = autofix(SourceFile("x.snn", GOOD.replace(good, bad)))
    assert fixed.source.text == GOOD
    assert fixed.report.diagnostics == ()


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("rate 0.05..0.1 kHz", "rate 50..100 Hz"),
        ("rate 0.00005..0.0001 MHz", "rate 50..100 Hz"),
        ("rate 50000..100000 mHz", "rate 50..100 Hz"),
        ("percentile 99%", "percentile 99"),
        ("dropout 20%", "dropout 0.2"),
    ],
)
def test_values_keep_what_they_say(bad: str, good: str) -> None:
    fixed = autofix(SourceFile("x.snn", GOOD.replace("units 8", f"units 8, {bad}")))
    assert f"units 8, {good}, neuron lif" in fixed.source.text


NO_HELP = {
    "two numbers": ("x.snn", GOOD.replace("end_a { filters 4 }", "end_a 4 3")),
    "a word too few": ("x.snn", GOOD.replace("encode conv e", "encoder e")),
    "sizes that are none": ("x.snn", GOOD.replace("filters 4", "kernel [-0.0]")),
    "another edition": ("x.yaml", "snn: 2\nnetwork: net\n"),
    "a text": ("x.snn", "network protocols are fun\n"),
    "a list of services": ("x.yaml", "services:\n  web: {image: nginx}\n"),
    "words": ("x.yaml", "layers of the atmosphere: 5\n"),
    "a program": ("x.snn", "import keras\n\nnetwork = keras.Sequential()\n"),
}


@pytest.mark.parametrize("name", NO_HELP)
def test_a_fix_that_does_not_help_is_not_applied(name: str) -> None:
    source = SourceFile(*NO_HELP[name])
    fixed = autofix(source)
    assert (fixed.source.text, fixed.count) == (source.text, 0)


def test_of_several_fixes_those_that_help_are_applied() -> None:
    pool = "  avgpol { loss 3 }\n"
    text = GOOD.replace("  dense", f"{pool}  dense").replace("classes 2", "clases 2")
    text = text.replace("from end_a", "from end_a, e")
    fixed = autofix(SourceFile("x.snn", text), unsafe=True)
    assert "classes 2" in fixed.source.text
    report = Diagnostics()
    compile_spec(SourceFile("x.snn", text), report, through="place")
    assert fixed.report.errors < report.errors


def test_a_fix_that_brings_mistakes_to_light_is_applied_with_theirs() -> None:
    text = GOOD.replace("{ filters 4 }", "{ filtres 4, kernal 3").replace(
        "{ units 8, neuron lif }", "{ unit 8, neuron LIF }"
    )
    fixed = autofix(SourceFile("x.snn", text))
    assert fixed.source.text == GOOD.replace("filters 4", "filters 4, kernel 3")
    assert fixed.count == 5
