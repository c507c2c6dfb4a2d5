"""The tables of docs/language.md, from the table of the language."""

from collections.abc import Iterable, Iterator

from snnc.language.editions import NEWEST
from snnc.language.keywords import (
    CHOICES,
    FORMS,
    MODELS,
    NEURONS,
    default,
    keys_of,
    kinds,
    note,
    older_defaults,
    settings_of,
    tables,
)
from snnc.language.layers import SpikingSpec
from snnc.language.model import DefaultsSpec
from snnc.language.models import Form, Model, Otherwise, StatementModel, fields_of
from snnc.language.properties import NeuronSpec

Row = tuple[str, ...]
_SPIKING = keys_of(SpikingSpec)


def reference() -> dict[str, str]:
    """Every table by the name that it has in a comment of the document."""
    layers = kinds("encoder", "layer")
    others = kinds("front", "back")
    everything = ("statement", "meaning", "properties and their defaults")
    others_than_pools = "every chip layer that spikes, except `maxpool`"
    spiking = (others_than_pools, "", settings(SpikingSpec, _SPIKING))
    return {
        "network": table(everything, statements(others)),
        "layers": table(everything, (*statements(layers), spiking)),
        "choices": table(
            ("choice", "meaning", "settings and their defaults"), choices()
        ),
        "properties": table(("property", "meaning"), meanings()),
    }


def table(head: Row, rows: Iterable[Row]) -> str:
    """Write a table in Markdown."""
    lines = [f"| {' | '.join(row)} |".replace("|  |", "| |") for row in (head, *rows)]
    return "\n".join((lines[0], "|---" * len(head) + "|", *lines[1:]))


def statements(some: Iterable[str]) -> Iterator[Row]:
    """Yield each kind or variant of a statement, with its own properties."""
    for kind in some:
        form = FORMS[kind]
        for text, model in MODELS.get(kind, {"": None}).items():
            about = model.variant.about if model and model.variant else form.about
            yield f"`{head(form, text)}`", about, settings(model, own_keys(model))


def own_keys(model: type[StatementModel] | None) -> tuple[str, ...]:
    """Return the properties that some spiking layers lack."""
    if model is None or model is DefaultsSpec:
        return ()
    common = _SPIKING if issubclass(model, SpikingSpec) else ()
    return tuple(key for key in keys_of(model) if key not in common)


def head(form: Form, variant: str) -> str:
    """Return the words before the block."""
    names = {"required": "NAME", "optional": "[NAME]", "none": ""}
    words = [form.kind, variant, names[form.name]]
    words += ["SHAPE in LO..HI [as LO..HI]"] * (form.values == "required")
    words += ["from A, B"] * (form.sources == "required")
    return " ".join(filter(None, words))


def choices() -> Iterator[Row]:
    """Neurons, losses and optimizers with their settings."""
    for text, word in NEURONS.items():
        yield f"`neuron {text}`", word.about, settings(NeuronSpec, settings_of(text))
    for key, models in CHOICES.items():
        for text, model in models.items():
            yield f"`{key} {text}`", model.word.about, settings(model, keys_of(model))


def meanings() -> Iterator[Row]:
    """Every property, once for each meaning."""
    found: dict[str, dict[str, type[Model]]] = {}
    for model in tables():
        for key, entry in keys_of(model).items():
            found.setdefault(key, {}).setdefault(entry.about, model)
    for key, abouts in sorted(found.items()):
        for index, (about, model) in enumerate(abouts.items()):
            own = [form.kind for form in getattr(model, "forms", ())] if index else []
            yield " of ".join(f"`{word}`" for word in (key, *own)), f"{about}."


def settings(model: type[Model] | None, keys: Iterable[str]) -> str:
    return ", ".join(setting(model, key) for key in keys if model)


def setting(model: type[Model], key: str) -> str:
    """Return a property with its default, or with the source of its default."""
    field = fields_of(model)[key]
    shown, otherwise = default(field, NEWEST), note(field, Otherwise)
    if otherwise is not None and otherwise.text:
        return f"`{key}` ({shown})"
    older = older_defaults(field)
    more = f" ({older})" if older else ""
    return f"`{key} {shown}`{more}" if shown else f"`{key}`"
