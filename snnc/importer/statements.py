"""Write the statements of layers, and write `train` from ``compile``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from snnc.importer.draft import INPUT, StatementDraft
from snnc.importer.ends import loss_name
from snnc.importer.model import Compiled
from snnc.importer.state import word
from snnc.language.written import extents, number

TOP = 250.0
"""The upper rate of an encoder in Hz."""
RATE = f"rate ..{TOP:g} Hz"


def block(head: str, properties: Iterable[str]) -> str:
    """Return a head with its properties in braces, if there are any."""
    within = ", ".join(properties)
    return f"{head} {{ {within} }}" if within else head


def heading(draft: StatementDraft) -> str:
    """Return the kind of a draft's statement; see `word`."""
    return word(draft) if draft.kind == "conv" or draft.image else draft.kind


def skips(draft: StatementDraft) -> bool:
    """Whether a stride is larger than its kernel or window."""
    if draft.kind not in ("conv", "avgpool") or draft.is_global:
        return False
    return any(s > k for s, k in zip(draft.stride, draft.kernel, strict=True))


def crossing(drafts: list[StatementDraft]) -> Iterator[str]:
    """Yield drafts whose shortcuts cross another shortcut (`CrossingShortcuts`)."""
    place = {INPUT: -1, **{draft.layer: at for at, draft in enumerate(drafts)}}
    arcs = [
        (place[draft.shortcut], place[draft.layer])
        for draft in drafts
        if draft.shortcut is not None
    ]
    for start, end in arcs:
        if any(a < start < b < end for a, b in arcs):
            yield drafts[end].layer


def own_properties(draft: StatementDraft) -> Iterator[str]:
    """Yield the properties of a statement's kernel, window or units."""
    if draft.kind == "conv" or (draft.kind == "readout" and draft.kernel):
        yield from _convolution(draft)
    elif draft.kind in ("avgpool", "maxpool"):
        yield "window all" if draft.is_global else f"window {extents(draft.kernel)}"
        if not draft.is_global and draft.stride != draft.kernel:
            yield f"stride {extents(draft.stride)}"
        if draft.padding == "same":
            yield "padding same"
    elif draft.kind == "downsample":
        yield f"factor {extents(draft.kernel)}"
    elif draft.image:
        *kernel, filters = draft.image
        yield from (f"filters {filters}", f"kernel {extents(tuple(kernel))}")
    elif draft.kind == "dense":
        yield f"units {draft.shape[-1]}"


def _convolution(draft: StatementDraft) -> Iterator[str]:
    if not draft.is_depthwise:
        yield f"filters {draft.shape[-1]}"
    yield f"kernel {extents(draft.kernel)}"
    stride = draft.upscale or draft.stride
    if set(stride) != {1}:
        yield f"stride {extents(stride)}"
    if draft.padding != "valid":
        yield f"padding {draft.padding}"
    if draft.extent != draft.kernel:
        yield f"dilation {extents(draft.dilation)}"
    multiplier = draft.shape[-1] // draft.groups
    if draft.is_depthwise and multiplier > 1:
        yield f"multiplier {multiplier}"
    elif draft.groups > 1 and not draft.is_depthwise:
        yield f"groups {draft.groups}"


CROSS_ENTROPIES = (
    "categoricalcrossentropy", "sparsecategoricalcrossentropy", "binarycrossentropy",
)  # fmt: skip
FOCAL = ("categoricalfocalcrossentropy", "binaryfocalcrossentropy")
MEAN_SQUARES = ("mse", "meansquarederror")
_ADAM = {"beta_1": "0.9", "beta_2": "0.999", "epsilon": "1e-7"}
OPTIMIZERS: dict[str, dict[str, str]] = {
    "adam": {"learning_rate": "", **_ADAM},
    "adamw": {"learning_rate": "", "weight_decay": "", **_ADAM},
    "sgd": {"learning_rate": "", "momentum": "0", "nesterov": ""},
}
"""The optimizers of `train`, and their default values."""


def train_lines(
    compiled: Compiled | None, decides: bool, notes: list[str]
) -> Iterator[str]:
    """Yield the properties of `train`, and add notes on lost parts of ``compile``.

    Parameters
    ----------
    decides :
        Whether the readout has classes.
    """
    if compiled is None:
        return
    loss = _loss(compiled.loss, decides)
    if loss is None:
        instead = "cross_entropy" if decides else "mse"
        name = loss_name(compiled.loss) or "none"
        notes.append(f"the loss {name} is not kept: `train` has {instead} here")
    else:
        yield f"loss {loss}"
    smoothing = _options(compiled.loss).get("label_smoothing")
    if decides and isinstance(smoothing, float) and 0 < smoothing < 1:
        yield f"label_smoothing {number(smoothing)}"
    optimizer = compiled.optimizer
    kind = optimizer if isinstance(optimizer, str) else ""
    if isinstance(optimizer, Mapping):
        kind = str(optimizer.get("class_name"))
    if kind.lower() in OPTIMIZERS:
        usual = OPTIMIZERS[kind.lower()]
        settings = _settings(usual, _options(optimizer), notes)
        yield block(f"optimizer {kind.lower()}", settings)
    elif kind:
        notes.append(f"the optimizer {kind} is not kept: `train` has adam")


def _loss(loss: Any, decides: bool) -> str | None:
    name = loss_name(loss)
    if decides and name in CROSS_ENTROPIES:
        return "cross_entropy"
    if decides and name in FOCAL:
        options = _options(loss)
        names = [name for name in ("gamma", "alpha") if name in options]
        return block("focal", (f"{name} {number(options[name])}" for name in names))
    return "mse" if not decides and name in MEAN_SQUARES else None


def _settings(
    usual: Mapping[str, str], options: Mapping[str, Any], notes: list[str]
) -> Iterator[str]:
    for key, default in usual.items():
        value = options.get(key)
        if value is None and key == "learning_rate":
            value = options.get("lr")  # before Keras 2.3
        if isinstance(value, Mapping):
            kind = value.get("class_name")
            notes.append(f"the schedule {kind} of {key} is not kept")
        elif isinstance(value, bool):
            if value:
                yield f"{key} on"
        elif isinstance(value, (int, float)) and short_number(value) != default:
            yield f"{key} {short_number(value)}"


def short_number(value: float) -> str:
    """Shorten a float32 such as 0.0010000000474974513."""
    return number(float(f"{value:.7g}"))


def _options(value: Any) -> Mapping[str, Any]:
    options = value.get("config") if isinstance(value, Mapping) else None
    return options if isinstance(options, Mapping) else {}
