"""Write the statements of layers, and write `train` from ``compile``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from snnc.importer.draft import INPUT, StatementDraft
from snnc.importer.ends import NetworkEnds, loss_name
from snnc.importer.model import Compiled
from snnc.importer.state import ConversionState, word
from snnc.language.written import extents, number
from snnc.syntax.printer import WIDTH

Line = str | tuple[str, "list[Line]"]
"""A statement or property: either a text, or a head and the lines of its block."""
TOP = 250.0
"""The upper rate of an encoder in Hz."""
RATE = f"rate ..{TOP:g} Hz"
ENCODED = "encoded"


class StatementWriter:
    """Writes the layers; `from` is omitted if a layer reads the previous layer.

    Parameters
    ----------
    names :
        The spec's names, by the drafts' keys.
    l2 :
        The L2 factor that all kernels share, which is written in `train`.
    """

    def __init__(
        self,
        state: ConversionState,
        ends: NetworkEnds,
        names: Mapping[str, str],
        l2: float,
    ) -> None:
        self._drafts = list(state.drafts.values())
        self._ends = ends
        self._names = names
        self._l2 = l2

    def lines(self) -> Iterator[str]:
        before = INPUT
        if self._ends.encoder is None:
            named = self._is_named(INPUT)
            head = f"encode rate {ENCODED}" if named else "encode rate"
            yield from laid_out((head, [RATE]))
        yield ""
        crossing = set(_crossing(self._drafts))
        for draft in self._drafts:
            name = self._names[draft.layer]
            if len(draft.units) > 1:
                count = {2: "two", 3: "three"}[len(draft.units)]
                yield f"  # {name}: {count} neurons per value."
            for replaced in draft.rewritten:
                yield f"  # {name} replaces {replaced} in Keras."
            if _skips(draft):
                yield ALLOW.format("SNN308")
            if draft.layer in crossing:
                yield ALLOW.format("SNN309")
            yield from laid_out(self._statement(draft, before))
            before = draft.layer

    def _refers(self, draft: StatementDraft, key: str) -> bool:
        return key in draft.sources or draft.shortcut == key

    def _statement(self, draft: StatementDraft, before: str) -> Line:
        is_encoder = draft.layer == self._ends.encoder
        head = self._head(draft, is_encoder)
        if draft.sources != (before,) or len(draft.sources) > 1:
            head += " from " + ", ".join(self._names[s] for s in draft.sources)
        within: list[Line] = [*self._properties(draft, is_encoder)]
        return (head, within) if within else head

    def _head(self, draft: StatementDraft, is_encoder: bool) -> str:
        name = self._names[draft.layer]
        if is_encoder:
            return f"encode conv {name}"
        if draft.kind == "conv" or draft.image:
            return f"{word(draft)} {name}"
        if draft.kind == "avgpool" and not self._is_named(draft.layer):
            return "avgpool"
        return f"{draft.kind} {name}"

    def _is_named(self, key: str) -> bool:
        """Whether a statement other than the next one refers to a draft."""
        place = [INPUT, *(draft.layer for draft in self._drafts)].index(key)
        return any(
            self._refers(draft, key)
            and (other != place + 1 or len(draft.sources) > 1 or draft.shortcut == key)
            for other, draft in enumerate(self._drafts, start=1)
        )

    def _properties(self, draft: StatementDraft, is_encoder: bool) -> Iterator[str]:
        if draft.kind == "readout":
            if draft.kernel:
                yield from _convolution(draft)
            else:
                yield self._ends.size
        elif draft.kind in ("avgpool", "maxpool"):
            yield from _window(draft)
        elif draft.kind == "downsample":
            yield f"factor {extents(draft.kernel)}"
        elif draft.image:
            *kernel, filters = draft.image
            yield from (f"filters {filters}", f"kernel {extents(tuple(kernel))}")
        elif draft.kind == "dense":
            yield f"units {draft.shape[-1]}"
        elif draft.kind == "conv":
            yield from _convolution(draft)
        if draft.kind in ("conv", "dense", "downsample"):
            yield from self._spiking(draft, is_encoder)

    def _spiking(self, draft: StatementDraft, is_encoder: bool) -> Iterator[str]:
        if draft.bias != "on":
            yield f"bias {draft.bias}"
        if draft.shortcut is not None:
            yield f"shortcut {self._names[draft.shortcut]}"
        if draft.batchnorm:
            yield "batchnorm on"
        if draft.dropout:
            yield f"dropout {number(draft.dropout)}"
        if is_encoder:
            yield RATE
            return
        yield from draft.properties
        if draft.l2 and not self._l2:
            yield f"l2 {short(draft.l2)}"


ALLOW = "  # snnc: allow {} the Keras model has it"
"""Allows a warning about a likely mistake, since an existing model intends it."""


def _skips(draft: StatementDraft) -> bool:
    """Whether a stride is larger than its kernel or window."""
    if draft.kind not in ("conv", "avgpool") or draft.is_global:
        return False
    return any(s > k for s, k in zip(draft.stride, draft.kernel, strict=True))


def _crossing(drafts: list[StatementDraft]) -> Iterator[str]:
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


def laid_out(line: Line, depth: int = 1, is_open: bool = False) -> Iterator[str]:
    """Yield the lines of a statement in the layout of ``snnc fmt``."""
    indent = "  " * depth
    if isinstance(line, str):
        yield indent + line
        return
    flat = indent + _flat(line)
    if len(flat) <= WIDTH and not is_open:
        yield flat
        return
    head, within = line
    yield f"{indent}{head} {{"
    for inner in within:
        yield from laid_out(inner, depth + 1)
    yield f"{indent}}}"


def _flat(line: Line) -> str:
    if isinstance(line, str):
        return line
    head, within = line
    return f"{head} {{ {', '.join(map(_flat, within))} }}"


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


def _window(draft: StatementDraft) -> Iterator[str]:
    yield "window all" if draft.is_global else f"window {extents(draft.kernel)}"
    if not draft.is_global and draft.stride != draft.kernel:
        yield f"stride {extents(draft.stride)}"
    if draft.padding == "same":
        yield "padding same"


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
        "epsilon": "1e-7",
    },
    "adamw": {
        "learning_rate": "",
        "weight_decay": "",
        "beta_1": "0.9",
        "beta_2": "0.999",
        "epsilon": "1e-7",
    },
    "sgd": {"learning_rate": "", "momentum": "0", "nesterov": ""},
}
"""The optimizers of `train`, and their default values."""


def train_lines(
    compiled: Compiled | None, l2: float, decides: bool
) -> tuple[list[Line], list[str]]:
    """Return the properties of `train`, and notes on lost parts of ``compile``.

    Parameters
    ----------
    l2 :
        The L2 factor that all kernels share.
    decides :
        Whether the readout has classes.
    """
    lines: list[Line] = []
    notes: list[str] = []
    if compiled is not None:
        lines, notes = _list_settings(compiled, decides)
    if l2:
        lines.append(f"l2 {short(l2)}")
    return lines, notes


def _list_settings(compiled: Compiled, decides: bool) -> tuple[list[Line], list[str]]:
    lines: list[Line] = []
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
        within: list[Line] = [*_settings(name, _options(optimizer), notes)]
        head = f"optimizer {name}"
        lines.append((head, within) if within else head)
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
    """Shorten a float32 such as 0.0010000000474974513."""
    return number(float(f"{value:.7g}"))


def _options(value: Any) -> Mapping[str, Any]:
    options = value.get("config") if isinstance(value, Mapping) else None
    return options if isinstance(options, Mapping) else {}
