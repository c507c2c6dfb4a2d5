"""The `train` statement, from how a model was compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from snnc.importer.finish import loss_name
from snnc.importer.model import Compiled

CROSS_ENTROPIES = (
    "categoricalcrossentropy", "sparsecategoricalcrossentropy", "binarycrossentropy",
)  # fmt: skip
FOCAL = ("categoricalfocalcrossentropy", "binaryfocalcrossentropy")
MEAN_SQUARES = ("mse", "meansquarederror")
OPTIMIZERS: dict[str, dict[str, str]] = {
    "adam": {
        "learning_rate": "",
        "beta_1": "0.9",
        "beta_2": "0.999",
        "epsilon": "1e-07",
    },
    "adamw": {
        "learning_rate": "",
        "weight_decay": "",
        "beta_1": "0.9",
        "beta_2": "0.999",
        "epsilon": "1e-07",
    },
    "sgd": {"learning_rate": "", "momentum": "0", "nesterov": ""},
}
"""The optimizers of `train`, and the values that it has if nothing is written."""


def train_lines(
    compiled: Compiled | None, l2: float, decides: bool
) -> tuple[list[str], list[str]]:
    """Return the properties of `train`, and what is not kept of a compilation.

    Parameters
    ----------
    l2 :
        The factor that all kernels share.
    decides :
        Whether the readout has classes.
    """
    lines: list[str] = []
    notes: list[str] = []
    if compiled is not None:
        lines, notes = _compiled(compiled, decides)
    if l2:
        lines.append(f"l2 {short(l2)}")
    return lines, notes


def number(value: float) -> str:
    """Return a number as a spec has it."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return repr(float(value))


def _compiled(compiled: Compiled, decides: bool) -> tuple[list[str], list[str]]:
    lines: list[str] = []
    notes: list[str] = []
    loss = _loss(compiled.loss, decides)
    if loss is None:
        instead = "cross_entropy" if decides else "mse"
        name = loss_name(compiled.loss) or "none"
        notes.append(f"the loss {name} is not kept: `train` has {instead} here")
    else:
        lines.append(f"loss {loss}")
    smoothing = _options(compiled.loss).get("label_smoothing")
    if decides and isinstance(smoothing, float) and 0 < smoothing < 1:
        lines.append(f"label_smoothing {number(smoothing)}")
    optimizer = compiled.optimizer
    kind = optimizer if isinstance(optimizer, str) else None
    if isinstance(optimizer, Mapping):
        kind = str(optimizer.get("class_name"))
    name = (kind or "").lower()
    if name in OPTIMIZERS:
        within = ", ".join(_settings(name, _options(optimizer), notes))
        lines.append(f"optimizer {name}" + (f" {{ {within} }}" if within else ""))
    elif kind:
        notes.append(f"the optimizer {kind} is not kept: `train` has adam")
    return lines, notes


def _loss(loss: Any, decides: bool) -> str | None:
    name = loss_name(loss)
    if decides and name in CROSS_ENTROPIES:
        return "cross_entropy"
    if decides and name in FOCAL:
        options = _options(loss)
        pairs = (
            f"{k} {number(options[k])}" for k in ("gamma", "alpha") if k in options
        )
        within = ", ".join(pairs)
        return f"focal {{ {within} }}" if within else "focal"
    return "mse" if not decides and name in MEAN_SQUARES else None


def _settings(name: str, options: Mapping[str, Any], notes: list[str]) -> Iterator[str]:
    for key, usual in OPTIMIZERS[name].items():
        value = options.get(key)
        if value is None and key == "learning_rate":
            value = options.get("lr")  # before Keras 2.3
        if isinstance(value, Mapping):
            kind = value.get("class_name")
            notes.append(f"the schedule {kind} of {key} is not kept")
        elif isinstance(value, bool):
            if value:
                yield f"{key} on"
        elif isinstance(value, (int, float)) and short(value) != usual:
            yield f"{key} {short(value)}"


def short(value: float) -> str:
    """Return a float32 of Keras, such as 0.0010000000474974513, as it was typed."""
    return number(float(f"{value:.7g}"))


def _options(value: Any) -> Mapping[str, Any]:
    options = value.get("config") if isinstance(value, Mapping) else None
    return options if isinstance(options, Mapping) else {}
