"""Which loss or optimizer has a setting."""

from __future__ import annotations

from collections.abc import Mapping

from snnc.passes.validate.synonyms import same_key
from snnc.spec.training import LOSSES, OPTIMIZERS, Choice
from snnc.syntax import tree

CHOICES: dict[str, tuple[type[Choice], ...]] = {
    "optimizer": OPTIMIZERS,
    "loss": LOSSES,
}


def owner_of_setting(
    word: str, given: Mapping[str, tree.Value]
) -> tuple[str, str, str] | None:
    """The property, the choice and the setting that a word in ``train`` means.

    The choice is the one that is ``given``, if it has the setting.
    """
    for key, models in CHOICES.items():
        by_name = {_name(model): model for model in models}
        written = _written(given.get(key))
        names = [written] if written in by_name else list(by_name)
        for name in names:
            settings = [k for k in by_name[name].model_fields if k != "kind"]
            setting = word if word in settings else same_key(word, settings)
            if setting is not None:
                return key, name, setting
    return None


def _name(model: type[Choice]) -> str:
    return str(model.model_fields["kind"].default)


def _written(value: tree.Value | None) -> str:
    """The word of ``adam`` or ``adam { ... }``."""
    if isinstance(value, tree.Group):
        return value.name.text
    return value.text if isinstance(value, tree.Word) else ""
