"""Words of other libraries as properties, statements and values, with what is said.

`words.txt` has the help for each word; ``SNNC_ACCEPT=1`` rewrites it. Read each answer
as a user who knows the library, but not snnc.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from snnc.diagnostics import Diagnostic
from snnc.language.keywords import KEYS, USUAL
from snnc.text.near import edits, nearest_spelling, only_near
from tests.rules.checking import assert_accepted, check_text
from tests.support import DOUBTS, network

EXPECTED = Path(__file__).parent / "words.txt"
FRAME = """
  {line}
  target loihi { chips 1{target} }
  timing { dt 1 ms{timing} }
  defaults { percentile 99{defaults} }
  input image 28x28x1 in 0..1
  encode conv e { kernel 1{encode} }
  conv2d c0 { filters 8{conv2d} }
  conv2d c1 { filters 8, neuron lif { {lif} } }
  downsample s0 { factor 2{downsample} }
  avgpool { window 2{avgpool} }
  dense d0 { units 16{dense} }
  readout digit { classes 10{readout} }
  train { epochs 3{train} }
"""
PLACES = {
    "conv2d": "bits 8|weight_bits 8|quantize on|threshold 1|beta 0.9|tau 20 ms"
    "|tau_mem 20 ms|reset_mechanism zero|spike_grad atan|init_hidden on|max_rate 150 Hz"
    "|firing_rate 150 Hz|gain 1|intercepts 0|amplitude 1|kernel_size 3|out_channels 8"
    "|num_filters 8|n_neurons 100|size 3|pad 1|batch_norm on|norm batch|drop 0.2|p 0.2"
    "|weight_decay 1e-4|kernel_regularizer l2|kernel_initializer he|input_shape 28x28x1"
    "|data_format last|name c0|trainable off|dtype float32|device cpu|inputs e|skip e"
    "|activity_regularizer l1|recurrent on|weights x|pool 2|seed 1|epochs 3"
    "|present 100 ms|learning_rate 1e-3|classes 10|tau_rc 20 ms|lif on|host on"
    "|window 2",
    "dense": "hidden 64|n_neurons 64|out_features 64|in_features 784|use_bias off"
    "|return_sequences on|filters 8|kernel 3|width 64",
    "lif": "tau 20 ms|tau_mem 20 ms|tau_m 20 ms|tau_syn 5 ms|refractory_period 2 ms"
    "|t_ref 2 ms|beta 0.9|decay 0.5|alpha 0.9|v_threshold 1|v_reset 0"
    "|surrogate atan|learn_beta on|gain 1|rate 20..150 Hz|bias 1",
    "timing": "timesteps 100|num_steps 100|T 100|T 100 ms|duration 100 ms"
    "|presentation_time 100 ms|timestep 1 ms|tau_syn 5 ms|reset on|epochs 3",
    "target loihi": "n_chips 2|num_cores 100|board nahuku|simulator loihi|bits 8"
    "|precompute on|version 2|pop_type 32|snips 1",
    "train": "early_stopping on|patience 7|callbacks x|metrics accuracy|verbose 1"
    "|shuffle on|class_weight x|batch_size 3|num_epochs 3|steps 100|timesteps 100"
    "|lr 1e-3|decay 1e-4|lr_schedule cosine|warmup 5|clipnorm 1|validation_split 0.1"
    "|validation_data x|dataset mnist|augment on|gpu on|mixed_precision on|surrogate x"
    "|bptt on|random_seed 1|loss_fn mse|optim adam|momentum 0.9|betas 0.9|dropout 0.2"
    "|weight_decay 1e-4|l1 1e-4|label_smooth 0.1|qat on|spike_regularization 1e-3"
    "|weights x|resume on|iterations 100",
    "encode": "method poisson|num_steps 100|max_rate 250 Hz|synapse 5 ms|neuron lif"
    "|activation relu|l2 1e-3|units 8|threshold 0.1|initial_state spread|v_init 0",
    "readout": "num_classes 10|labels 10|outputs 10|class_names [a, b]|bias off"
    "|neuron lif|rate 20..150 Hz|dropout 0.2|mode mean|tau_out 10 ms|loss mse|l2 1e-3",
    "avgpool": "pool_size 2|kernel 2|strides 2|padding same|rate 20..150 Hz|mode max",
    "downsample": "stride 2|kernel 3|pool_size 2|padding same|scale 2|mode nearest",
    "defaults": "activation relu|tau_rc 20 ms|bits 8|present 100 ms|max_rate 150 Hz",
    "a line": "Leaky l|Ensemble x|Connection x|Node n|Probe p|Sequential"
    "|compile|fit|GaussianNoise|ZeroPadding2D|Cropping2D|Reshape r|Subtract s"
    "|Average a|Rescaling|Normalization|layers|layer l|hidden h|fc1|logits y|head h"
    "|residual r|branch b|device loihi|evaluate x|weights x|dataset mnist|version 1"
    "|name digits|title x|bn b|poisson p|learning_rate 1e-3"
    "|tau_rc 20|conv4d c|AvgPool2d a|decoder d",
    "neuron": "leaky|if|alif|SpikingRectifiedLinear|LIFRate|izhikevich|softlif",
    "loss": "mae|binary_crossentropy|CrossEntropyLoss|nll|hinge|rmse|MSELoss",
    "optimizer": "rmsprop|nadam|momentum|AdamW|lbfgs",
    "padding": "zeros|none|full|SAME",
    "place": "cpu|loihi|off_chip",
    "decide": "max|sum|final|latency",
    "schedule": "cosine_decay|none|step",
    "start": "now|uniform|zero",
}
VALUES = {"neuron": "conv2d", "padding": "conv2d", "place": "conv2d"} | {
    "loss": "train",
    "optimizer": "train",
    "schedule": "train",
    "decide": "readout",
    "start": "encode",
}
CASES = [(place, word) for place, words in PLACES.items() for word in words.split("|")]


def spec_with(place: str, text: str) -> str:
    """Return the frame with a property, a line or a value at a place."""
    if place in VALUES:
        place, text = VALUES[place], f"{place} {text}"
    hole = {"target loihi": "target", "a line": "line"}.get(place, place)
    written = text if hole in ("line", "lif") else f", {text}"
    frame = FRAME.replace(f"{{{hole}}}", written).replace("{lif}", "tau_ref 2 ms")
    for other in (*PLACES, "target", "line"):
        frame = frame.replace(f"{{{other}}}", "")
    return network(frame)


def answer(place: str, text: str) -> Diagnostic:
    found = check_text(spec_with(place, text)).diagnostics
    assert len(found) == 1, (place, text, found)
    return found[0]


def test_the_frame_is_good() -> None:
    assert check_text(spec_with("a line", "")).diagnostics == ()


def test_each_word_gets_the_answer_that_was_read() -> None:
    assert len(CASES) >= 150
    lines = []
    for place, text in CASES:
        found = answer(place, text)
        lines.append(f"{place}: {text}\n    {found.code} {found.render_help()}")
    assert_accepted(EXPECTED, "\n".join(lines) + "\n")


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_property_has_a_usual_value_that_it_takes(key: str) -> None:
    line = f"{key} {USUAL[key]}"
    homes = [
        *(spec_with(place, line) for place in PLACES if place not in VALUES),
        *(
            spec_with("train", f"{choice} {{ {line} }}")
            for choice in ("loss focal", "optimizer adamw", "optimizer sgd")
        ),
        spec_with("readout", f"learn pes {{ {line} }}"),
    ]
    # Given twice, or in two ways, it is known and its value is right.
    known = {"SNN204", "SNN220", *DOUBTS}
    assert any(
        {d.code for d in check_text(home).diagnostics} <= known for home in homes
    )


@pytest.mark.parametrize(
    ("word", "other", "count"),
    [
        ("bias", "bias", 0),
        ("bais", "bias", 1),
        ("bits", "bias", 1),
        ("filtres", "filters", 1),
        ("tau_mem", "tau_ref", 2),
        ("", "ab", 2),
        ("kitten", "sitting", 3),
    ],
)
def test_edits_are_letters_to_change(word: str, other: str, count: int) -> None:
    assert edits(word, other) == edits(other, word) == count


def test_only_one_word_within_reach_is_sure() -> None:
    kinds = ("conv1d", "conv2d", "conv3d", "dense")
    assert only_near("densee", kinds) == "dense"
    assert only_near("conv4d", kinds) is None
    assert only_near("loihi2", ("loihi", "nengo")) is None
    assert nearest_spelling("loihi2", ("loihi", "nengo")) == "loihi"
    assert nearest_spelling("on", ("off", "auto")) is None
