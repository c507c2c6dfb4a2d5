"""Habits from Keras, PyTorch and Python: one message each, which says what to write."""

from __future__ import annotations

import pytest

from snnc.diagnostics import Diagnostic
from snnc.language.keywords import RESERVED
from snnc.source import SourceFile
from snnc.tools.autofix import autofix
from tests.rules.checking import check_text
from tests.rules.mistakes import GOOD

SPEC = """snn 1

network digits {
  about "Handwritten digits."
  target loihi { chips 1 }
  timing { dt 1 ms, present 100 ms }
  defaults { rate 20..150 Hz }

  input image 28x28x1 in 0..1
  encode conv e { filters 2 }
  conv2d c0 { filters 8, kernel 3 }
  downsample s0 { factor 2 }
  avgpool { window 2 }
  dense d0 { units 16, dropout 0.2 }
  readout digit { classes 10 }

  train { optimizer adam { learning_rate 1e-3 } }
}
"""
CONV = "  conv2d c0 { filters 8, kernel 3 }"

# A line that a newcomer writes after a convolution: code, and a phrase of the help.
LINES = [
    ("flatten", "SNN917", "remove the line"),
    ("Flatten", "SNN917", "remove the line"),
    ("flatten f0 {}", "SNN917", "remove the line"),
    ("dropout 0.3", "SNN918", "`dropout 0.3` among the properties of the previous"),
    ("dropout { rate 0.25 }", "SNN918", "`dropout 0.25`"),
    ("Dropout d1 { rate 0.25 }", "SNN918", "`dropout 0.25`"),
    ("SpatialDropout2D", "SNN918", "`dropout 0.2`"),
    ("batchnorm", "SNN919", "`batchnorm on` among the properties of the previous"),
    ("batchnorm on", "SNN919", "`batchnorm on`"),
    ("BatchNormalization", "SNN919", "`batchnorm on`"),
    ("relu", "SNN920", "`neuron relu`"),
    ("ReLU r0", "SNN920", "`neuron relu`"),
    ("lif", "SNN920", "`neuron lif`"),
    ("activation relu", "SNN920", "`neuron relu`"),
    ("Activation relu", "SNN920", "`neuron relu`"),
    ("leaky_relu", "SNN921", "`neuron relu`"),
    ("LeakyReLU { alpha 0.1 }", "SNN921", "`neuron relu`"),
    ("relu6", "SNN921", "`neuron relu`"),
    ("depthwise d { kernel 3 }", "SNN200", "did you mean `depthwise2d`?"),
    ("DepthwiseConv1D d { kernel 3 }", "SNN200", "did you mean `depthwise1d`?"),
    ("SeparableConv2D d { filters 8 }", "SNN922", "`depthwise2d NAME { kernel 3 }`"),
    ("SeparableConv1D d { filters 8 }", "SNN922", "`conv1d NAME { filters 8, kernel 1"),
    ("depthwise1d d { kernel 3 }", "SNN300", "use `depthwise2d`, or"),
    ("globalavgpool", "SNN923", "`avgpool { window all }`"),
    ("global_average_pooling", "SNN923", "`avgpool { window all }`"),
    ("GlobalAveragePooling2D g", "SNN923", "`avgpool { window all }`"),
    ("embedding v { units 16 }", "SNN924", "read the vectors"),
    ("attention a", "SNN925", "`kernel`"),
    ("MultiHeadAttention a", "SNN925", "`kernel`"),
    ("gru g { units 16 }", "SNN909", "`conv3d`"),
    ("LSTM g { units 16 }", "SNN909", "`conv3d`"),
    ("rnn g { units 16 }", "SNN909", "`conv3d`"),
    ("Conv3DTranspose u { filters 8 }", "SNN911", "`conv2d_transpose u"),
    ("deconv u { filters 8 }", "SNN911", "`conv2d_transpose u"),
    ("UpSampling2D", "SNN911", "`conv2d_transpose u"),
    ("MaxPooling2D p { pool_size 2 }", "SNN200", "did you mean `maxpool`?"),
    ("max_pool p", "SNN200", "did you mean `maxpool`?"),
    ("GlobalMaxPooling2D", "SNN926", "`maxpool NAME { window all }`"),
    ("Softmax", "SNN901", "the readout outputs logits"),
    ("LayerNormalization", "SNN910", "`batchnorm on`"),
    ("Conv2D c1 { filters 8 }", "SNN200", "did you mean `conv2d`?"),
    ("Dense d1 { units 8 }", "SNN200", "did you mean `dense`?"),
    ("AveragePooling2D { pool_size 2 }", "SNN200", "did you mean `avgpool`?"),
    ("Concatenate from c0, e", "SNN200", "did you mean `concat`?"),
    ("linear d1 { units 8 }", "SNN200", "did you mean `dense`?"),
    ("output y { classes 3 }", "SNN200", "did you mean `readout`?"),
    ("conv c1 { filters 8 }", "SNN200", "did you mean `conv2d`?"),
    ("code { type dense, units 6 }", "SNN200", "write `dense code { units 6 }`"),
    ("padding same", "SNN222", "`conv2d`"),
    ("Flatten()", "SNN101", "`snnc import` converts a Keras model"),
    ("Conv2D(8, 3)", "SNN101", "`snnc import` converts a Keras model"),
    ("c1 = Conv2D(8, 3)(c0)", "SNN101", "`conv2d c1 { ... }`"),
    ("c1 = layers.Conv2D(8, 3)", "SNN101", "`conv2d c1 { ... }`"),
    ("conv2d c1 { from e, filters 8 }", "SNN100", "`conv2d c1 from e { ... }`"),
    ("c1 = conv2d { filters 8 }", "SNN101", "`conv2d c1 { ... }`"),
    ("conv2d c1: { filters 8 }", "SNN101", "the block follows the name"),
    ("// a comment", "SNN101", "`#`"),
    ("conv2d c1 { filters 8 };", "SNN101", "remove it"),
    ('conv2d "c1" { filters 8 }', "SNN216", "`conv2d c1`"),
    ("dense 16", "SNN216", "`dense d0 { units 16 }`"),
    ("avgpool 3", "SNN216", "write `avgpool { window 3 }`"),
    ("conv2d c-1 { filters 8 }", "SNN213", "`c_1`"),
    ("conv2d 1c { filters 8 }", "SNN213", "such as `n1c`"),
    ("add c0, e", "SNN100", "write `add from c0, e`"),
    ("add from [c0, e]", "SNN100", "write `from c0, e`"),
    ("add a { from [c0, e] }", "SNN100", "block: `add a from c0, e { ... }`"),
    ("conv2d 32 3x3 same", "SNN100", "{ filters 32, kernel 3x3, padding same }`"),
    ("conv2d c1 32 3x3", "SNN100", "`conv2d c1 { filters 32, kernel 3x3 }`"),
    ("dense 128 relu", "SNN100", "`dense d0 { units 128, neuron relu }`"),
]

# Old text and new text of one line, the code, and a phrase of the help.
CHANGES = [
    ("kernel 3 }", "kernel 3 } from e", "SNN122", "`conv2d c0 from e { filters 8, ker"),
    ("28x28x1", "28,28,1", "SNN123", "write `28x28x1`"),
    ("28x28x1", "(28, 28, 1)", "SNN123", "write `28x28x1`"),
    ("28x28x1", "[28, 28, 1]", "SNN123", "write `28x28x1`"),
    ("28x28x1", "(None, 28, 28, 1)", "SNN123", "write `28x28x1`"),
    ("28x28x1", "28 x 28 x 1", "SNN123", "write `28x28x1`"),
    ("kernel 3", "kernel (3,3)", "SNN123", "write `kernel 3x3`"),
    ("kernel 3", "kernel 3,3", "SNN123", "write `kernel 3x3`"),
    ("kernel 3", "kernel [3, 3]", "SNN123", "write `kernel 3x3`"),
    ("kernel 3", "kernel 3 3", "SNN123", "write `kernel 3x3`"),
    ("dropout 0.2", "dropout 30 %", "SNN124", "write `dropout 0.3`"),
    ("dropout 0.2", "dropout 30%", "SNN124", "write `dropout 0.3`"),
    ("dropout 0.2", "dropout 30", "SNN206", "write `dropout 0.3`"),
    ("dropout 0.2", "dropout 1.0", "SNN206", "`dropout 0.2`"),
    ("in 0..1", "in [0, 1]", "SNN125", "write `in 0..1`"),
    ("in 0..1", "in 0 to 1", "SNN125", "write `in 0..1`"),
    ("in 0..1", "in 0-1", "SNN125", "write `in 0..1`"),
    ("in 0..1", "in 0...1", "SNN125", "write `in 0..1`"),
    ("rate 20..150 Hz", "rate 20-150 Hz", "SNN125", "write `rate 20..150 Hz`"),
    ("rate 20..150 Hz", "rate 20 Hz..150 Hz", "SNN125", "write `rate 20..150 Hz`"),
    ("28x28x1", "shape=28x28x1", "SNN101", "a shape has no key: write `28x28x1`"),
    ("loihi { chips 1 }", "loihi chips 1", "SNN118", "write `{ chips 1 }`"),
    ("28x28x1", "28x28", "SNN312", "write `28x28x1` for one channel"),
    ("in 0..1", "in 16..0", "SNN206", "write `in 0..16`"),
    ("28x28x1", "0x28x1", "SNN206", "write `1x28x1`"),
    ("28x28x1 in 0..1", "{ shape 28x28x1 }", "SNN216", "`input image 28x28x1 in 0..1`"),
    ("dt 1 ms, ", "dt 1 s, ", "SNN506", "write `dt 4 ms`"),
    ("dt 1 ms, present 100 ms", "dt 1 s", "SNN506", "write `dt 4 ms`"),
    ("present 100 ms", "present 100.5 ms", "SNN501", "write `present 100 ms`"),
    ("present 100 ms", "present 0.1005 s", "SNN501", "write `present 0.1 s`"),
    ("present 100 ms", "present 100 Hz", "SNN209", "`present 100 ms`"),
    ("present 100 ms", "steps 100", "SNN203", "write `present 100 ms`"),
    ("rate 20..150 Hz", "rate 150..20 Hz", "SNN206", "write `rate 20..150 Hz`"),
    ("rate 20..150 Hz", "rate 20..150 ms", "SNN209", "`rate 20..150 Hz`"),
    ("rate 20..150 Hz", "rate 20..1500 Hz", "SNN500", "write `rate 20..1000 Hz`"),
    ("classes 10", "classes [cat, polar bear]", "SNN206", 'write `"polar bear"`, or'),
    ("classes 10", "classes 1", "SNN206", "`units 1` for a regression"),
    ("1e-3", "-1e-3", "SNN206", "`learning_rate 1e-3`"),
    ("factor 2", "window 2", "SNN203", "did you mean `factor`?"),
    ("factor 2", "kernel 3", "SNN203", "did you mean `factor`?"),
    ("factor 2", "pool_size 2", "SNN203", "did you mean `factor`?"),
    ("window 2", "factor 2", "SNN203", "did you mean `window`?"),
    ("window 2", "pool_size 2", "SNN203", "did you mean `window`?"),
    ("window 2", "strides 2", "SNN203", "did you mean `stride`?"),
    ("kernel 3", "kernel_size 3", "SNN203", "did you mean `kernel`?"),
    ("kernel 3", "strides 2", "SNN203", "did you mean `stride`?"),
    ("kernel 3", "use_bias off", "SNN203", "did you mean `bias`?"),
    ("kernel 3", "activation relu", "SNN203", "remove it: neurons are `relu`"),
    ("kernel 3", "activation leaky_relu", "SNN921", "`neuron relu`"),
    ("kernel 3", "neuron relu6", "SNN921", "`neuron relu`"),
    ("kernel 3", "dilation_rate 2", "SNN203", "did you mean `dilation`?"),
    ("kernel 3", "padding 'same'", "SNN101", "words need no quotes"),
    ("kernel 3 }", "batchnorm }", "SNN107", "`batchnorm on`"),
    ("units 16", "filters 16", "SNN203", "did you mean `units`?"),
    ("adam { learning_rate 1e-3 }", "adam, learning_rate 1e-3", "SNN203", "adam {"),
    ("optimizer adam", "batch_size 8, optimizer adam", "SNN203", "`batch`"),
    (
        "optimizer adam",
        "loss sparse_categorical_crossentropy, optimizer adam",
        "SNN210",
        "did you mean `cross_entropy`?",
    ),
    ("encode conv e { filters 2 }", "encode poisson", "SNN201", "(each value becomes"),
    ("encode conv e { filters 2 }", "encode", "SNN202", "`encode conv` (a trained"),
    ("target loihi { chips 1 }", "target cpu", "SNN201", "`target nengo` (simulators"),
    ("c0 {", "c0 from encode {", "SNN223", "`encode conv e { filters 2 }`, and write"),
    ("s0 {", "s0 from nobody {", "SNN250", "write `e` or `c0`, which can be read here"),
    ("e {", "e from nobody {", "SNN250", "write `image`, which can be read here"),
    ('digits."', "digits.", "SNN103", "on the same line"),
    ('digits."', 'digits.\n  And more."', "SNN103", "on the same line"),
    ('"Handwritten', "Handwritten", "SNN100", 'write `about "Handwritten digits."`'),
    ("network digits {", "Network digits {", "SNN111", "did you mean `network`?"),
    ("\nnetwork digits {", "// digits\nnetwork digits {", "SNN101", "begin with `#`"),
    ("image 28x28x1", "image Nonex28x1", "SNN100", "sizes are numbers"),
    ("classes 10", 'classes [cat, "dog]', "SNN103", "on the same line"),
    ('"Handwritten digits."', "Digits", "SNN216", 'write `about "Digits"`'),
    ('"Handwritten digits."', "Small images", "SNN100", '`about "Small images"`'),
    ("kernel 3", "bias False", "SNN205", "write `bias off`"),
    ("kernel 3", "bias no", "SNN205", "write `bias off`"),
    ("kernel 3", "bias 0", "SNN205", "write `bias off`"),
    ("kernel 3", "bias True", "SNN205", "write `bias on`"),
    ("filters 8", "filters 32.5", "SNN205", "`filters 32`"),
    ("optimizer adam", "batch 64.0, optimizer adam", "SNN205", "`batch 64`"),
    ("optimizer adam", "epochs 1e2, optimizer adam", "SNN205", "`epochs 100`"),
    ("optimizer adam", 'loss "focal", optimizer adam', "SNN205", "`loss focal`"),
    ("optimizer adam", "loss [focal], optimizer adam", "SNN205", "`loss focal`"),
    ("optimizer adam", "loss 3, optimizer adam", "SNN205", "`loss cross_entropy`"),
    ("optimizer adam", "loss focal, gamma 2, optimizer adam", "SNN203", "{ gamma 2 }"),
    ("optimizer adam", "lr 1e-4, optimizer adam", "SNN203", "learning_rate 1e-4 }`"),
    ("adam { learning_rate 1e-3 }", "adam 1e-4", "SNN100", "{ learning_rate 1e-4 }`"),
    ("adam { learning_rate 1e-3 }", "adam(1e-4)", "SNN100", "{ learning_rate 1e-4 }`"),
    (
        "adam { learning_rate 1e-3 }",
        "{ adam { learning_rate 1e-3 } }",
        "SNN107",
        "`optimizer adam { learning_rate 1e-3 }`",
    ),
    ("rate 20..150 Hz", "rate 0.02..0.15 kHz", "SNN208", "write `rate 20..150 Hz`"),
    ("dt 1 ms", "dt 1000 us, synapse 5000000 ns", "SNN208", "`synapse 5000 us`"),
    ("rate 20..150 Hz", "rate 20..150Hz", "SNN102", "write `20..150 Hz`"),
    ("dropout 0.2", "dropout 0,25", "SNN102", "write `dropout 0.25`"),
    ("network digits", "network cifar-10", "SNN213", "`cifar_10`"),
    ("readout digit", "readout my-digit", "SNN213", "`my_digit`"),
    ("s0 {", "s0 from c-0 {", "SNN213", "`c_0`"),
    ("c0 {", "c0 from input {", "SNN224", "write `from e`"),
    ("c0 {", "c0 from image {", "SNN253", "read the encoder: write `from e`"),
    ("kernel 3", "shortcut image", "SNN253", "read the encoder: write `shortcut e`"),
    ("kernel 3", "kernel 3x3x3", "SNN302", "write `kernel 3` for all axes, or `ke"),
    (
        "28x28x1",
        "28x28x1 in -inf..inf #",
        "SNN101",
        "the smallest and the largest value",
    ),
    ("rate 20..150 Hz", "rate 20Hz..150Hz", "SNN102", "write `20..150 Hz`"),
    (
        "kernel 3",
        "percentile 0.999",
        "SNN206",
        "write `percentile 99.9`, which is out of 100",
    ),
    ("loihi { chips 1 }", "nengo { chips 1 }", "SNN203", "write `target loihi`,"),
    ("conv e {", "rate e {", "SNN203", "write `encode conv`, which has `filters`"),
    ("e { filters 2 }", "e { padding causal }", "SNN210", "only `conv1d` allows it"),
    ("image 28x28x1", "28x28x1 image", "SNN100", "`input image 28x28x1 in 0..1`"),
    ("in 0..1", "as 0..1", "SNN100", "`input image 28x28x1 in 0..255 as 0..1`"),
    ("c0 { filters 8, kernel 3 }", "c0 filters 8, kernel 3 }", "SNN126", ""),
    (
        "c0 { filters 8, kernel 3 }",
        "c0\n    filters 8\n    kernel 3\n  }",
        "SNN126",
        "",
    ),
]

# Constructs of other languages, which have no message of their own: the code, and the
# words above the caret.
OTHERS = [
    ("let filters = 8", "SNN115", "="),
    ("f = 8", "SNN115", "="),
    ("define F 8", "SNN200", "define"),
    ("include other", "SNN200", "include"),
    ("conv2d c1 { filters 8*2 }", "SNN101", "*"),
    ("conv2d c1 { filters 8 - 2 }", "SNN101", "-"),
    ("conv2d c1 { filters 8+2 }", "SNN100", "+2"),
    ("conv2d c1 { filters 8 } -> conv2d c2 { filters 8 }", "SNN101", "-"),
    ("conv2d c1 { filters 8 } => conv2d c2 { filters 8 }", "SNN101", "=>"),
    ("for i in 0..3 {\n    conv2d c1 { filters 8 }\n  }", "SNN200", "for"),
    ("while on { conv2d c1 { filters 8 } }", "SNN200", "while"),
    ("repeat 3 {\n    repeat 2 {\n      conv2d c1 {}\n    }\n  }", "SNN100", "{"),
    ("block b {\n    conv2d c1 { filters 8 }\n  }", "SNN222", "block"),
    ("LIFCell l", "SNN200", "LIFCell"),
    ("CubaLIF l", "SNN200", "CubaLIF"),
    ("NeuronGroup g", "SNN200", "NeuronGroup"),
    ("conv2d c1 { filters 8, delay 1 }", "SNN203", "delay"),
    ("conv2d c1 { filters 8, neuron lif { dv 1 } }", "SNN203", "dv"),
    ("dense d1 { units 9, neuron lif { tau_mem_inv 9 } }", "SNN203", "tau_mem_inv"),
]


def only(text: str) -> Diagnostic:
    (diagnostic,) = check_text(text).diagnostics
    return diagnostic


def line_of(part: str) -> int:
    return SPEC[: SPEC.index(part)].count("\n") + 1


def test_the_spec_itself_is_good() -> None:
    assert check_text(SPEC).diagnostics == ()


@pytest.mark.parametrize(("line", "code", "phrase"), LINES, ids=lambda part: part)
def test_a_line_of_another_library(line: str, code: str, phrase: str) -> None:
    found = only(SPEC.replace(CONV, f"{CONV}\n  {line}"))
    assert (found.code, found.span.first.line) == (code, line_of(CONV) + 1)
    assert phrase in found.render_help()


@pytest.mark.parametrize(("lines", "code", "under"), OTHERS, ids=lambda part: part)
def test_lines_of_another_language(lines: str, code: str, under: str) -> None:
    found = only(SPEC.replace(CONV, f"{CONV}\n  {lines}"))
    assert (found.code, found.span.text) == (code, under)


def test_a_program_that_begins_with_an_assignment_has_no_edition() -> None:
    found = only("# The network.\nmodel = Sequential([\n    Dense(10),\n])\n")
    assert (found.code, found.span.text) == ("SNN109", "model")


def test_statements_in_the_block_of_an_unknown_one_are_read() -> None:
    block = "    conv2d c1 { filters 8 }\n    conv2d c2 { filters @ }\n  }"
    lines = f"{CONV}\n  stage s {{\n{block}\n  conv2d c3 from c1 {{ filters 8 }}"
    found = check_text(SPEC.replace(CONV, lines)).diagnostics
    assert [d.span.text for d in found] == ["stage", "@"]


@pytest.mark.parametrize(
    ("right", "wrong", "code", "phrase"), CHANGES, ids=lambda part: part
)
def test_a_value_or_word_in_another_spelling(
    right: str, wrong: str, code: str, phrase: str
) -> None:
    assert right in SPEC
    found = only(SPEC.replace(right, wrong, 1))
    assert (found.code, found.span.first.line) == (code, line_of(right))
    assert phrase in found.render_help()


@pytest.mark.parametrize(
    ("right", "wrong", "under"),
    [
        ("present 100 ms", "present 100.5 ms", "100.5 ms"),
        ("dt 1 ms, ", "dt 1 s, ", "1 s"),
        ("28x28x1", "(28, 28, 1)", "(28, 28, 1)"),
        ("28x28x1", "28x28", "28x28"),
        ("kernel 3 }", "kernel 3 } from e", "from e"),
        ("dropout 0.2", "dropout 30 %", "30 %"),
        ("rate 20..150 Hz", "rate 20..1500 Hz", "20..1500 Hz"),
    ],
)
def test_the_caret_is_under_the_exact_words(right: str, wrong: str, under: str) -> None:
    assert only(SPEC.replace(right, wrong, 1)).span.text == under


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("28x28x1 in 0..1", "28,28,1 in 0-1"),
        ("kernel 3", "kernel_size [3, 3], strides (1, 1), use_bias on"),
        ("kernel 3 }", "kernel 3 } from e"),
        ("dropout 0.2", "dropout 20 %"),
        ("avgpool {", "AveragePooling2D {"),
        ("window 2", "pool_size (2, 2)"),
        ("avgpool { window 2 }", "avgpool 2"),
        ("c0 { filters 8, kernel 3 }", "c0 filters 8, kernel 3 }"),
        ("kernel 3", "use_bias False"),
        ("network digits", "network cifar-10"),
        ("c0 {", "c0 from image {"),
        ("dt 1 ms", "dt 1000000 ns"),
        ("adam { learning_rate 1e-3 }", "adam(1e-4)"),
        ("{ optimizer adam { learning_rate 1e-3 } }", "{ lr 1e-4 }"),
        ("{ learning_rate 1e-3 }", "{ learning_rate 0,01 }"),
        ('"Handwritten digits."', "Handwritten digits"),
    ],
)
def test_what_has_one_plain_answer_is_mended(right: str, wrong: str) -> None:
    fixed = autofix(SourceFile("a.snn", SPEC.replace(right, wrong, 1)))
    assert fixed.report.diagnostics == ()
    assert fixed.count > 0


def test_max_pooling_by_its_size_is_mended() -> None:
    text = SPEC.replace("avgpool { window 2 }", "MaxPool2D p { pool_size 2 }")
    fixed = autofix(SourceFile("a.snn", text))
    assert "  maxpool p { window 2 }\n" in fixed.source.text
    assert fixed.report.diagnostics == ()


def test_the_edition_of_a_yaml_file_is_mended() -> None:
    fixed = autofix(SourceFile("a.yaml", GOOD.removeprefix("snn: 1\n")))
    assert fixed.source.text.startswith("snn: 1\n")
    assert fixed.report.diagnostics == ()


@pytest.mark.parametrize(("text", "name"), [(GOOD, "a.snn"), (SPEC, "a.yaml")])
def test_the_other_notation_is_one_message(text: str, name: str) -> None:
    assert [d.code for d in check_text(text, name).diagnostics] == ["SNN127"]


@pytest.mark.parametrize("sign", ["snnc allow", "SNNC: allow", "snnc: Allow"])
def test_an_allowance_in_another_spelling_is_told(sign: str) -> None:
    text = SPEC.replace(CONV, f"  # {sign} SNN502 why\n{CONV}")
    assert only(text).code == "SNN144"


def test_channels_first_is_one_message_where_a_layer_does_not_fit() -> None:
    found = only(SPEC.replace("28x28x1", "3x32x32"))
    assert found.code == "SNN301"
    assert "for a channels-last shape, write `32x32x3`" in found.render_help()


def test_a_dense_layer_at_the_end_is_told_to_be_the_readout() -> None:
    text = SPEC.replace("readout digit { classes 10 }", "dense out { units 10 }")
    assert "`readout out { classes 10 }` instead of `dense out`" in (
        only(text).render_help()
    )


def test_several_branches_miss_the_channels_once() -> None:
    both = f"{CONV}\n  conv2d c1 from e {{ filters 8 }}\n  add from c0, c1"
    found = only(SPEC.replace(CONV, both).replace("28x28x1", "28x28"))
    assert found.code == "SNN312"


@pytest.mark.parametrize(
    "name", ["relu", "flatten", "dropout", "gru", "Conv2D", "events"]
)
def test_words_of_other_libraries_may_be_names(name: str) -> None:
    assert name not in RESERVED
    assert check_text(SPEC.replace("c0", name)).diagnostics == ()


def test_a_program_is_named_as_python_imports_it() -> None:
    (found,) = check_text("import tensorflow as tf\n", "nets/small.py").diagnostics
    assert "`snnc import nets.small:FUNCTION`" in found.render_help()


def test_shapes_are_not_blamed_for_what_broken_defaults_may_have_said() -> None:
    good = SPEC.replace("20..150 Hz", "20..150 Hz, padding same")
    good = good.replace(CONV, f"{CONV}\n  conv2d c1 {{ filters 8, shortcut c0 }}")
    assert check_text(good).diagnostics == ()
    assert only(good.replace("150 Hz, p", "150, p")).code == "SNN207"


def test_who_reads_a_layer_without_its_name_is_not_blamed() -> None:
    read = SPEC.replace("dense d0 {", "dense d0 from c0 {").replace("c0 {", "{", 1)
    assert only(read).code == "SNN212"


def test_no_word_that_can_be_no_name_is_offered() -> None:
    wrong = SPEC.replace("c0 {", "größe {").replace("d0 {", "d0 from c0 {")
    _, unknown = check_text(wrong).diagnostics
    assert unknown.render_help() == "write `e` or `s0`, which can be read here"
