"""The language's words: kinds, variants, units, keys, refused ones, usual values."""

from __future__ import annotations

from snnc.language.fields import keys_of
from snnc.language.forms import FORMS, MODELS, NEURONS, tables
from snnc.language.model import SCOPES
from snnc.language.scalars import UNITS as UNITS

KINDS = frozenset(FORMS)
# `neuron` is a statement and a property; inside braces it is the property.
BEGINNINGS = KINDS - {"neuron"}
HEADERS = frozenset(("snn", "network"))
REFUSED = frozenset(
    [
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
    ]
)
# Only a statement can be mistaken for a stream of events, so a layer may be called so.
RESERVED = (KINDS | HEADERS | REFUSED) - {"events"}

CLAUSES = frozenset(("in", "as", "from"))

VARIANTS: dict[str, tuple[str, ...]] = {
    **{kind: tuple(models) for kind, models in MODELS.items() if "" not in models},
    "neuron": tuple(NEURONS),
    "defaults": SCOPES,
}

USUAL = {
    key: entry.usual for model in tables() for key, entry in keys_of(model).items()
}
"""A value of each property, for examples."""
KEYS = frozenset(USUAL)
