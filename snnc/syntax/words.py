"""The words of the language: kinds, variants, units, keys and refused words."""

from __future__ import annotations

KINDS = frozenset(
    [
        "about",
        "target",
        "timing",
        "defaults",
        "neuron",
        "input",
        "encode",
        "conv1d",
        "conv2d",
        "conv3d",
        "downsample",
        "avgpool",
        "dense",
        "add",
        "concat",
        "readout",
        "train",
    ]
)
# `neuron` is a statement and a property; inside braces it is the property.
BEGINNINGS = KINDS - {"neuron"}
HEADERS = frozenset(("snn", "network"))
REFUSED = frozenset(
    [
        "maxpool",
        "softmax",
        "sigmoid",
        "tanh",
        "elu",
        "gelu",
        "swish",
        "dilation",
        "groups",
        "lstm",
        "layernorm",
        "upsample",
        "events",
        "repeat",
    ]
)
# Only a statement can be mistaken for a stream of events, so a layer may be called so.
RESERVED = (KINDS | HEADERS | REFUSED) - {"events"}

CLAUSES = frozenset(("in", "as", "from"))

VARIANTS = {
    "target": ("loihi", "nengo"),
    "encode": ("conv", "rate"),
    "neuron": ("relu", "lif"),
    "defaults": ("conv1d", "conv2d", "conv3d", "downsample", "dense"),
}

SECONDS = {"s": 1, "ms": 1_000, "us": 1_000_000}
HERTZ = {"Hz": 1}
UNITS = frozenset((*SECONDS, *HERTZ))

KEYS = frozenset(
    [
        "chips",
        "cores",
        "pop",
        "dt",
        "present",
        "synapse",
        "rate",
        "percentile",
        "neuron",
        "batchnorm",
        "dropout",
        "l2",
        "place",
        "block",
        "filters",
        "kernel",
        "stride",
        "padding",
        "bias",
        "shortcut",
        "factor",
        "window",
        "units",
        "classes",
        "decide",
        "loss",
        "optimizer",
        "batch",
        "epochs",
        "label_smoothing",
        "schedule",
        "rate_weight",
        "aware",
        "validation",
        "seed",
        "gamma",
        "alpha",
        "learning_rate",
        "beta_1",
        "beta_2",
        "epsilon",
        "weight_decay",
        "momentum",
        "nesterov",
        "tau_rc",
        "tau_ref",
    ]
)
