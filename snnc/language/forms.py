"""Which parts each kind of statement has, and which model its properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from snnc.language import model, tree
from snnc.language.training import TrainSpec

Need = Literal["required", "optional", "none"]

_PARTS = frozenset(("kind", "name", "sources", "shape", "within", "mapped", "layer"))


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a statement in front of its block, and the model of the whole."""

    model: type[BaseModel] | None
    example: str
    name: Need = "none"
    sources: Need = "none"
    values: Need = "none"
    is_layer: bool = False


def _layer(
    model: type[BaseModel],
    example: str,
    name: Need = "required",
    sources: Need = "optional",
) -> Form:
    return Form(model, example, name=name, sources=sources, is_layer=True)


ABOUT = Form(None, 'about "What the network does."')
DEFAULTS = Form(model.DefaultsSpec, "defaults { rate 20..150 Hz }")
FORMS = {
    "about": ABOUT,
    "target": Form(model.LoihiTarget, "target loihi { chips 1 }"),
    "timing": Form(model.TimingSpec, "timing { dt 1 ms, present 60 ms }"),
    "defaults": DEFAULTS,
    "neuron": DEFAULTS,
    "input": Form(
        model.InputSpec,
        "input image 28x28x1 in 0..1",
        name="required",
        values="required",
    ),
    "encode": _layer(model.RateEncoderSpec, "encode rate", "optional"),
    "conv1d": _layer(model.ConvSpec, "conv1d c0 { filters 8, kernel 3 }"),
    "conv2d": _layer(model.ConvSpec, "conv2d c0 { filters 8, kernel 3 }"),
    "conv3d": _layer(model.ConvSpec, "conv3d c0 { filters 8, kernel 3 }"),
    "downsample": _layer(model.DownsampleSpec, "downsample s0 { factor 2 }"),
    "avgpool": _layer(model.AveragePoolSpec, "avgpool { window 2 }", "optional"),
    "dense": _layer(model.DenseSpec, "dense d0 { units 64 }"),
    "add": _layer(model.JoinSpec, "add from a, b", "optional", "required"),
    "concat": _layer(model.JoinSpec, "concat from a, b", "optional", "required"),
    "readout": Form(
        model.ReadoutSpec,
        "readout label { classes 10 }",
        name="required",
        sources="optional",
    ),
    "train": Form(TrainSpec, "train { epochs 20 }"),
}

_VARIANT_MODELS: dict[tuple[str, str], type[BaseModel]] = {
    ("target", "nengo"): model.NengoTarget,
    ("encode", "conv"): model.ConvEncoderSpec,
}


def owner_of(statement: tree.Statement) -> str:
    """The statement's words as a reader would quote them, without the name."""
    kind = statement.kind.text
    return kind if statement.variant is None else f"{kind} {statement.variant.text}"


def model_of(statement: tree.Statement) -> type[BaseModel] | None:
    """The model of a statement whose kind and variant are known."""
    kind = statement.kind.text
    variant = statement.variant.text if statement.variant else ""
    return _VARIANT_MODELS.get((kind, variant), FORMS[kind].model)


def legal_keys(statement: tree.Statement) -> tuple[str, ...]:
    """The properties that a statement takes, in the order of its model."""
    model_class = model_of(statement)
    if model_class is None:
        return ()
    if statement.kind.text == "neuron":
        lif = statement.variant is not None and statement.variant.text == "lif"
        return ("tau_rc", "tau_ref") if lif else ()
    keys = tuple(key for key in model_class.model_fields if key not in _PARTS)
    if statement.kind.text != "defaults" or statement.variant is None:
        return keys
    layer = FORMS[statement.variant.text].model
    return tuple(key for key in keys if layer and key in layer.model_fields)
