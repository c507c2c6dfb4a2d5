"""The words that can't be names."""

KINDS = frozenset(
    (
        "about",
        "target",
        "timing",
        "defaults",
        "neuron",
        "input",
        "encode",
        "conv1d",
        "conv2d",
        "conv2d_transpose",
        "conv3d",
        "downsample",
        "depthwise1d",
        "depthwise2d",
        "depthwise3d",
        "avgpool",
        "maxpool",
        "dense",
        "add",
        "concat",
        "readout",
        "train",
    )
)
"""The first words of statements, which `snnc.language.keywords.FORMS` describes."""
HEADERS = frozenset(("snn", "network"))
REFUSED = frozenset(
    (
        "softmax",
        "sigmoid",
        "tanh",
        "elu",
        "gelu",
        "swish",
        "lstm",
        "layernorm",
        "upsample",
        "events",
        "repeat",
    )
)
# Only a statement can mean an event stream, so a layer may have this name.
RESERVED = (KINDS | HEADERS | REFUSED) - {"events"}
