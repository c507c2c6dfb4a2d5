"""The names that statements can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from snnc.language.keywords import RESERVED
from snnc.language.layers import (
    ConvEncoderSpec,
    LayerSpec,
    RateEncoderSpec,
    SpikingSpec,
)
from snnc.language.model import ValidatedSpec


class KnownNames:
    """The names of the input and the layers, and who could read which of them.

    Parameters
    ----------
    validated
        The spec.
    names
        The name of each of its layers, in order.
    """

    def __init__(self, validated: ValidatedSpec, names: Sequence[str]) -> None:
        self._input = validated.spec.input.name
        self._layers = dict(zip(names, validated.spec.layers, strict=True))
        self.names = (self._input, *names)

    def readable_by(self, reader: str | None) -> tuple[str, ...]:
        """The written names that a layer, or the readout (None), could read.

        Encoders read the input; other layers read layers, but none that reads them.
        """
        spec = self._layers.get(reader or "")
        if isinstance(spec, (ConvEncoderSpec, RateEncoderSpec)):
            return (self._input,)
        after = set() if reader is None else self._all_after(reader)
        return tuple(
            name for name in self._layers if name not in after and name not in RESERVED
        )

    def _all_after(self, name: str) -> set[str]:
        """A layer and all that read it, directly or not."""
        after = {name}
        waiting = [name]
        while waiting:
            readers = self._readers.get(waiting.pop(), set()) - after
            after |= readers
            waiting += readers
        return after

    @cached_property
    def _readers(self) -> dict[str, set[str]]:
        readers: dict[str, set[str]] = {}
        for reader, read in self._reads():
            for name in read:
                readers.setdefault(name, set()).add(reader)
        return readers

    def _reads(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each layer with the names that it reads."""
        before = self._input
        for name, spec in self._layers.items():
            sources = () if spec is None else spec.sources
            yield name, (*(sources or (before,)), *_shortcut(spec))
            before = name


def _shortcut(spec: LayerSpec | None) -> tuple[str, ...]:
    shortcut = spec.shortcut if isinstance(spec, SpikingSpec) else None
    return () if shortcut is None else (shortcut,)
