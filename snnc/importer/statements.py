"""The statements of the layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from snnc.importer.draft import INPUT, StatementDraft
from snnc.importer.finish import NetworkEnds
from snnc.importer.train import number, short
from snnc.importer.walk import Walk, word

TOP = 250.0
"""The upper rate of an encoder in Hz."""
RATE = f"rate ..{TOP:g} Hz"
ENCODED = "encoded"


class StatementWriter:
    """Writes the layers, one a line, each reading the one before it where it can.

    Parameters
    ----------
    names :
        Those of the spec, by the drafts' keys.
    l2 :
        The factor that all kernels share, which `train` has.
    """

    def __init__(
        self, walk: Walk, ends: NetworkEnds, names: Mapping[str, str], l2: float
    ) -> None:
        self._drafts = list(walk.drafts.values())
        self._ends = ends
        self._names = names
        self._l2 = l2

    def lines(self) -> Iterator[str]:
        before = INPUT
        if self._ends.encoder is None:
            named = self._is_named(INPUT)
            yield f"encode rate {ENCODED if named else ''} {{ {RATE} }}"
        yield ""
        for draft in self._drafts:
            if len(draft.units) > 1:
                count = {2: "two", 3: "three"}[len(draft.units)]
                yield f"# {self._names[draft.layer]}: {count} neurons for each value."
            for replaced in draft.rewritten:
                yield f"# {self._names[draft.layer]} stands for Keras's {replaced}."
            yield self._statement(draft, before)
            before = draft.layer

    def _refers(self, draft: StatementDraft, key: str) -> bool:
        return key in draft.sources or draft.shortcut == key

    def _statement(self, draft: StatementDraft, before: str) -> str:
        is_encoder = draft.layer == self._ends.encoder
        head = self._head(draft, is_encoder)
        if draft.sources != (before,) or len(draft.sources) > 1:
            head += " from " + ", ".join(self._names[s] for s in draft.sources)
        within = ", ".join(self._properties(draft, is_encoder))
        return f"{head} {{ {within} }}" if within else head

    def _head(self, draft: StatementDraft, is_encoder: bool) -> str:
        name = self._names[draft.layer]
        if is_encoder:
            return f"encode conv {name}"
        if draft.kind == "conv":
            return f"{word(draft)} {name}"
        if draft.kind == "avgpool" and not self._is_named(draft.layer):
            return "avgpool"
        return f"{draft.kind} {name}"

    def _is_named(self, key: str) -> bool:
        """Whether another than the next statement refers to one."""
        place = [INPUT, *(draft.layer for draft in self._drafts)].index(key)
        return any(
            self._refers(draft, key)
            and (other != place + 1 or len(draft.sources) > 1 or draft.shortcut == key)
            for other, draft in enumerate(self._drafts, start=1)
        )

    def _properties(self, draft: StatementDraft, is_encoder: bool) -> Iterator[str]:
        if draft.kind == "readout":
            yield self._ends.size
        elif draft.kind in ("avgpool", "maxpool"):
            yield from _window(draft)
        elif draft.kind == "downsample":
            yield f"factor {_dims(draft.kernel)}"
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


def _convolution(draft: StatementDraft) -> Iterator[str]:
    if not draft.is_depthwise:
        yield f"filters {draft.shape[-1]}"
    yield f"kernel {_dims(draft.kernel)}"
    if set(draft.stride) != {1}:
        yield f"stride {_dims(draft.stride)}"
    if draft.padding != "valid":
        yield f"padding {draft.padding}"
    if draft.extent != draft.kernel:
        yield f"dilation {_dims(draft.dilation)}"
    multiplier = draft.shape[-1] // draft.groups
    if draft.is_depthwise and multiplier > 1:
        yield f"multiplier {multiplier}"
    elif draft.groups > 1 and not draft.is_depthwise:
        yield f"groups {draft.groups}"


def _window(draft: StatementDraft) -> Iterator[str]:
    yield "window all" if draft.is_global else f"window {_dims(draft.kernel)}"
    if not draft.is_global and draft.stride != draft.kernel:
        yield f"stride {_dims(draft.stride)}"
    if draft.padding == "same":
        yield "padding same"


def _dims(shape: Sequence[int]) -> str:
    return str(shape[0]) if len(set(shape)) == 1 else by_x(shape)


def by_x(shape: Sequence[int]) -> str:
    """Return dims as a spec has them."""
    return "x".join(map(str, shape))
