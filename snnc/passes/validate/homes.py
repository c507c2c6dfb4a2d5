"""Which statement, or which choice such as ``adam``, a property belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from snnc.passes.validate.choices import owner_of_setting
from snnc.passes.validate.forms import FORMS
from snnc.spec.literals import NeuronSpec
from snnc.spec.model import DefaultsSpec
from snnc.syntax import tree

LAYER_KEYS = tuple(key for key in DefaultsSpec.model_fields if key != "layer")
NEURON_KEYS = tuple(key for key in NeuronSpec.model_fields if key != "kind")
_SINGLE = ("timing", "target", "train", "readout")
_MOST_OWNERS = 4


def owners(key: str) -> tuple[str, ...]:
    """Some kinds of statements that have a property."""
    found = (
        kind
        for kind, form in FORMS.items()
        if kind != "neuron" and form.model and key in form.model.model_fields
    )
    return tuple(islice(found, _MOST_OWNERS))


def home_of(key: str) -> str:
    """The statement that alone has a property; empty if layers have it, or none."""
    found = owners(key)
    return found[0] if len(found) == 1 and found[0] in _SINGLE else ""


def setting_line(word: str, value: str, given: Mapping[str, tree.Value]) -> str:
    """The loss or the optimizer with a setting; empty if a word names none.

    Parameters
    ----------
    word
        The setting, or a word of another library for it.
    value
        What is written behind it.
    given
        What ``train`` says: a loss or an optimizer in it that has the setting is meant.
    """
    found = owner_of_setting(word, given)
    if found is None:
        return ""
    key, choice, setting = found
    return f"{key} {choice} {{ {setting} {value} }}"
