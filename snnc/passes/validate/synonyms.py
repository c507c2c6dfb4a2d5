"""Which word of the language a word of another library stands for."""

from __future__ import annotations

from collections.abc import Iterable

from snnc.diagnostics import Fix
from snnc.source import Span

# Words with the same meaning: `--fix` replaces them.
_SAME = {
    "activation": "neuron",
    "batch_norm": "batchnorm",
    "batch_normalization": "batchnorm",
    "batch_size": "batch",
    "epoch": "epochs",
    "categorical_crossentropy": "cross_entropy",
    "crossentropy": "cross_entropy",
    "kernel_size": "kernel",
    "learningrate": "learning_rate",
    "lr": "learning_rate",
    "mean_squared_error": "mse",
    "num_classes": "classes",
    "out_channels": "filters",
    "out_features": "units",
    "pool": "window",
    "pool_size": "window",
    "sparse_categorical_crossentropy": "cross_entropy",
    "strides": "stride",
    "use_bias": "bias",
    "validation_split": "validation",
}
# Words that may mean a legal one, the likeliest first.
_NEARBY = {
    "channels": ("filters", "units"),
    "conv": ("conv2d",),
    "factor": ("window", "stride"),
    "filters": ("units",),
    "kernel": ("factor", "window"),
    "kernel_regularizer": ("l2",),
    "kernel_size": ("factor", "window"),
    "labels": ("classes",),
    "lr_schedule": ("schedule",),
    "pool": ("factor",),
    "pool_size": ("factor",),
    "size": ("units", "window", "factor", "kernel"),
    "steps": ("present",),
    "stride": ("factor",),
    "strides": ("factor",),
    "units": ("filters", "factor"),
    "weight_decay": ("l2",),
    "window": ("factor", "kernel"),
}
# Layers and blocks of other libraries, as `snnc.rules.foreign.plain` spells them.
_KINDS = {
    "adaptiveavgpool": "avgpool",
    "averagepool": "avgpool",
    "averagepooling": "avgpool",
    "avgpooling": "avgpool",
    "concatenate": "concat",
    "cat": "concat",
    "encoder": "encode",
    "fc": "dense",
    "fullyconnected": "dense",
    "inputlayer": "input",
    "linear": "dense",
    "merge": "concat",
    "output": "readout",
}
_LIKELY_KINDS = {
    "conv": "conv2d",
    "convolution": "conv2d",
    "fit": "train",
    "pool": "avgpool",
    "pooling": "avgpool",
    "residual": "add",
    "skip": "add",
    "training": "train",
}


def known_kind(word: str, legal: Iterable[str]) -> tuple[str | None, bool]:
    """The kind of statement that another library's word names, and if that is sure."""
    from snnc.rules.foreign import plain  # a good spec need not wait for it

    lower = word.lower().replace("_", "")
    if lower in legal:
        return lower, True
    key = plain(word)
    return _KINDS.get(key) or _LIKELY_KINDS.get(key), key in _KINDS


def same_key(word: str, legal: Iterable[str]) -> str | None:
    """The legal word with the same meaning as another library's."""
    other = _SAME.get(word.lower())
    return other if other is not None and other in legal else None


def nearby_key(word: str, legal: Iterable[str]) -> str | None:
    """The legal word that another library's may stand for here."""
    legal = tuple(legal)
    candidates = _NEARBY.get(word.lower(), ())
    return next((key for key in candidates if key in legal), None)


def nearest(word: str, legal: Iterable[str]) -> str | None:
    """The one legal word that a word is most likely meant to be."""
    legal = tuple(legal)
    if other := same_key(word, legal) or nearby_key(word, legal):
        return other
    import difflib  # a good spec need not wait for it

    near = difflib.get_close_matches(word.lower(), legal, n=1)
    return near[0] if near else None


def fix_word(span: Span, word: str, legal: Iterable[str]) -> Fix | None:
    """Replace a word by the legal one, if there is no doubt which is meant."""
    legal = tuple(legal)
    if other := same_key(word, legal):
        return Fix(span, other)
    if nearby_key(word, legal):
        return None
    from snnc.diagnostics.near import only_near  # a good spec need not wait for it

    near = only_near(word, legal)
    return None if near is None else Fix(span, near)
