"""Look up properties in a layer, then in `defaults KIND`, then in `defaults`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from snnc.diagnostics import Diagnostics
from snnc.ir.logical import LifNeuron, Rate, Relu, Spiking
from snnc.language.fields import otherwise
from snnc.language.layers import (
    ConvEncoderSpec,
    MaxPoolSpec,
    RateEncoderSpec,
    SpikingSpec,
)
from snnc.language.model import DefaultsSpec, Place, ValidatedSpec
from snnc.language.property_types import NeuronSpec
from snnc.passes.resolve.drafts import Draft
from snnc.rules.references import MissingSetting
from snnc.source import Span

# The percentile for the range of an encoder or a max pool, which equals that of layers.
PERCENTILE: float = otherwise(SpikingSpec, "percentile")


class Settings:
    """Looks up properties in a layer, then in `defaults KIND`, then in `defaults`."""

    def __init__(
        self, validated: ValidatedSpec, l2: float, report: Diagnostics
    ) -> None:
        self._validated = validated
        self._spec = validated.spec
        self._l2 = l2
        self._report = report

    def get(self, draft: Draft, key: str) -> Any:
        """Return a property's value, otherwise the table's default or None."""
        own = getattr(draft.spec, key, None)
        if own is not None:
            return own
        for defaults, _ in self._defaults(draft):
            value = getattr(defaults, key, None)
            if value is not None:
                return value
        return None if draft.spec is None else otherwise(type(draft.spec), key)

    def _defaults(self, draft: Draft) -> Iterator[tuple[DefaultsSpec, Place]]:
        """Yield the `defaults` that apply to a layer, by precedence."""
        if isinstance(draft.spec, (ConvEncoderSpec, RateEncoderSpec)):
            return
        written = list(zip(self._spec.defaults, self._validated.defaults, strict=True))
        for scope in (draft.kind, None):
            for defaults, place in reversed(written):
                if defaults.layer == scope:
                    yield defaults, place

    def spans(self, draft: Draft) -> dict[str, Span]:
        """Return the position of each property, in the layer or in `defaults`."""
        places = [place for _, place in self._defaults(draft)]
        spans: dict[str, Span] = {}
        for place in (*reversed(places), draft.place):
            spans |= place.keys
        return spans

    def span_of(self, draft: Draft, key: str) -> Span:
        """Return the position of a layer's property, or of the layer's head."""
        return self.spans(draft).get(key, draft.place.span)

    def require(self, draft: Draft, key: str) -> Any:
        """Return a property without a default; report it if it is missing."""
        value = self.get(draft, key)
        # A broken `defaults` may contain the property.
        sound = self._validated.defaults_sound
        if value is None and draft.spec is not None and sound:
            self._report.add(
                MissingSetting(
                    span=draft.place.span,
                    kind=draft.spec.kind,
                    name=draft.name,
                    key=key,
                )
            )
        return value

    def spiking(self, draft: Draft) -> Spiking | None:
        """Return the spiking properties of a layer; None for layers without neurons."""
        spec = draft.spec
        if isinstance(spec, (ConvEncoderSpec, RateEncoderSpec)):
            return self._encoder(spec)
        if isinstance(spec, MaxPoolSpec):
            return self._comparing(draft)
        if not isinstance(spec, SpikingSpec):
            return None
        low, high = self.get(draft, "rate")
        block = self.get(draft, "block")
        l2, synapse = self.get(draft, "l2"), self.get(draft, "synapse")
        return Spiking(
            neuron=_neuron(self.get(draft, "neuron")),
            rate=Rate(low, high, self.get(draft, "percentile")),
            batchnorm=self.get(draft, "batchnorm"),
            dropout=self.get(draft, "dropout"),
            l2=self._l2 if l2 is None else l2,
            place=self.get(draft, "place"),
            synapse=self._spec.timing.synapse if synapse is None else synapse,
            block=None if block == "auto" else block,
        )

    def _comparing(self, draft: Draft) -> Spiking:
        """Return the neurons of a max pool, which ignore `defaults` for neurons."""
        _, high = self.get(draft, "rate")
        synapse = self.get(draft, "synapse")
        return Spiking(
            neuron=Relu(),
            rate=Rate(0.0, high, PERCENTILE),
            batchnorm=False,
            dropout=0.0,
            l2=0.0,
            place="chip",
            synapse=self._spec.timing.synapse if synapse is None else synapse,
            block=None,
        )

    def _encoder(self, spec: ConvEncoderSpec | RateEncoderSpec) -> Spiking:
        trained = spec if isinstance(spec, ConvEncoderSpec) else None
        return Spiking(
            neuron=Relu(),
            rate=Rate(*spec.rate, PERCENTILE),
            batchnorm=trained is not None and trained.batchnorm,
            dropout=trained.dropout if trained is not None else 0.0,
            l2=self._l2 if trained is not None else 0.0,
            place="host",
            synapse=0.0,
            block=None,
            start=spec.start,
        )


def _neuron(spec: NeuronSpec | None) -> Relu | LifNeuron:
    if spec is None or spec.kind == "relu":
        return Relu()
    return LifNeuron(spec.tau_rc, spec.tau_ref)
