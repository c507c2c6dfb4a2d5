"""The language's words: kinds, variants, units, keys, refused ones, usual values."""

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


USUAL = {
    "alpha": "0.25",
    "aware": "on",
    "batch": "64",
    "batchnorm": "on",
    "beta_1": "0.9",
    "beta_2": "0.999",
    "bias": "on",
    "block": "auto",
    "chips": "1",
    "classes": "10",
    "cores": "128",
    "decide": "mean",
    "dropout": "0.2",
    "dt": "1 ms",
    "epochs": "20",
    "epsilon": "1e-7",
    "factor": "2",
    "filters": "8",
    "gamma": "2",
    "kernel": "3",
    "l2": "1e-4",
    "label_smoothing": "0.1",
    "learning_rate": "1e-3",
    "loss": "cross_entropy",
    "momentum": "0.9",
    "nesterov": "on",
    "neuron": "relu",
    "optimizer": "adam",
    "padding": "same",
    "percentile": "99.9",
    "place": "chip",
    "pop": "auto",
    "present": "100 ms",
    "rate": "20..150 Hz",
    "rate_weight": "1e-3",
    "schedule": "cosine",
    "seed": "0",
    "shortcut": "c0",
    "stride": "2",
    "synapse": "5 ms",
    "tau_rc": "20 ms",
    "tau_ref": "2 ms",
    "units": "64",
    "validation": "0.1",
    "weight_decay": "4e-3",
    "window": "2",
}
