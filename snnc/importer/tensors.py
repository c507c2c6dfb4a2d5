"""The weights of a model in the layout of its spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from snnc.importer import scales
from snnc.importer.convert import Conversion
from snnc.importer.draft import INPUT, Draft
from snnc.importer.refusal import NOWHERE, RefusedError
from snnc.importer.scales import Scales
from snnc.importer.weights import Weights
from snnc.ir.layout import tensors
from snnc.ir.logical import Network
from snnc.rules.models import WeightsUnclear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from snnc.importer.scales import Array

    Stored = NDArray[np.float32]


def convert_weights(
    conversion: Conversion, weights: Weights, network: Network
) -> tuple[dict[str, Stored], Scales]:
    """Return the tensors of a spec.

    Parameters
    ----------
    network :
        What the compiler made of the spec.

    Raises
    ------
    RefusedError
        If the weights of a layer can't be read.
    """
    maker = _Maker(conversion, weights)
    made = dict(maker.all())
    shapes = {tensor.name: tensor.shape for tensor in tensors(network)}
    for name, shape in shapes.items():
        if made[name].size != prod(shape):
            size = "x".join(map(str, shape))
            raise unclear(name, f"it has {made[name].size} values, {size} are due")
    found = {name: made[name].reshape(shape) for name, shape in shapes.items()}
    return found, maker.scales


def unclear(layer: str, reason: str) -> RefusedError:
    """Return the refusal of weights that are not those of the model."""
    return RefusedError(WeightsUnclear(span=NOWHERE, layer=layer, reason=reason))


class _Maker:
    def __init__(self, conversion: Conversion, weights: Weights) -> None:
        assert conversion.ends is not None
        assert conversion.written is not None
        self._weights = weights
        self._layers = {layer.name: layer for layer in conversion.model.layers}
        self._drafts = {draft.layer: draft for draft in conversion.drafts}
        self._names = conversion.written.names
        self._encoder = conversion.ends.encoder
        self._values = conversion.written.values
        self.scales = Scales(conversion)

    def all(self) -> Iterator[tuple[str, Stored]]:
        """Give the tensors' names and values, kernels as (taps, in, out).

        Until then kernels have all channels, with zeros between those of groups.
        """
        for draft in self._drafts.values():
            if draft.kind in ("avgpool", "add", "concat"):
                continue
            for name, tensor in self._tensors(draft):
                found = np.asarray(tensor, np.float32)
                if not np.isfinite(found).all():
                    raise unclear(draft.layer, "they hold NaN or infinite values")
                yield name, found

    def _tensors(self, draft: Draft) -> Iterator[tuple[str, Array]]:
        try:
            kernel, bias, shortcut = self._draft(draft)
        except (KeyError, ValueError) as error:
            reason = f"they have not the shapes of its configuration ({error})"
            raise unclear(draft.layer, reason) from error
        if draft.layer == self._encoder:
            scale = self.scales.fit_encoder(draft, kernel, bias)
            kernel, bias = kernel / scale, bias / scale
        else:
            kernel = self._seen(draft.sources[0], kernel)
        name = self._names[draft.layer]
        yield f"{name}.kernel", scales.of_groups(kernel, draft.groups)
        yield f"{name}.bias", bias
        if draft.shortcut is not None:
            yield f"{name}.shortcut", self._seen(draft.shortcut, shortcut)

    def _draft(self, draft: Draft) -> tuple[Array, Array, Array]:
        """Return a draft's kernel, bias and shortcut, with all norms in them."""
        kernel, bias = self._raw(draft)
        for norm in reversed(draft.affine):
            scale, shift = self._norm(norm, draft.read[-1])
            bias = bias + np.einsum("tio,i->o", kernel, shift)
            kernel = kernel * scale[:, None]
        for norm in draft.batchnorms:
            scale, shift = self._norm(norm, kernel.shape[-1])
            kernel, bias = kernel * scale, bias * scale + shift
        shortcut = np.eye(draft.read[-1])[None]
        if draft.shortcut is not None:
            shortcut, added = self._shortcut(draft)
            bias = bias + added
        if draft.offset:
            kernel = scales.widened(kernel, draft.inner, draft.kernel, draft.offset)
        if draft.form == "two classes":
            kernel, bias = scales.two_classes(kernel, bias)
        return kernel, bias, shortcut

    def _raw(self, draft: Draft) -> tuple[Array, Array]:
        channels, taps = draft.read[-1], prod(draft.inner)
        outputs = draft.shape[-1]
        if draft.form == "average":
            return scales.average(taps, channels), np.zeros(outputs)
        if draft.form == "identity":
            size = prod(draft.read)
            return np.eye(size).reshape(-1, channels, size), np.zeros(size)
        arrays = self._weights.of(draft.layer)
        bias = np.asarray(arrays.get("bias", np.zeros(1)), np.float64)
        if draft.form == "depthwise":
            kernel = scales.depthwise(_planes(arrays, "depthwise_kernel"))
        elif draft.form == "separable":
            pointwise = _planes(arrays, "pointwise_kernel")[0]
            planes = _planes(arrays, "depthwise_kernel")
            kernel = scales.separable(planes, pointwise)
        else:
            # In the file's own type, unless something is multiplied into it.
            stored: Any = _kernel(arrays, "kernel")
            groups = int(self._layers[draft.layer].options.get("groups") or 1)
            kernel = stored.reshape(-1, channels // groups, stored.shape[-1])
            if groups > 1:
                kernel = scales.ungrouped(kernel, groups)
        return kernel, np.broadcast_to(bias, kernel.shape[-1:])

    def _shortcut(self, draft: Draft) -> tuple[Array, Array]:
        """Return the kernel of a shortcut, and what it adds to the bias."""
        if draft.projection is None:
            return np.eye(draft.shape[-1])[None], np.zeros(draft.shape[-1])
        arrays = self._weights.of(draft.projection.layer)
        stored = np.asarray(_kernel(arrays, "kernel"), np.float64)
        channels = stored.shape[-2]
        kernel = stored.reshape(-1, channels, stored.shape[-1])
        bias = np.asarray(arrays.get("bias", np.zeros(stored.shape[-1])), np.float64)
        for norm in draft.projection.batchnorms:
            scale, shift = self._norm(norm, kernel.shape[-1])
            kernel, bias = kernel * scale, bias * scale + shift
        return kernel, bias

    def _norm(self, name: str, channels: int) -> tuple[Array, Array]:
        layer = self._layers[name]
        arrays: Mapping[str, Any] = self._weights.of(name)
        return scales.batch_norm(layer.kind, layer.options, arrays, channels)

    def _seen(self, source: str, kernel: Array) -> Array:
        """Return a kernel for what the encoder makes of values.

        `encode rate` divides by the largest value, and gives the two signs channels
        of their own.
        """
        factors = self.scales.of(source, kernel.shape[1])
        if (factors != 1).any():
            kernel = kernel * factors[:, None]
        if self._encoder is None and self._is_input(source) and self._values[0] < 0:
            return np.concatenate([kernel, -kernel], axis=1)
        return kernel

    def _is_input(self, source: str) -> bool:
        while source and self._drafts[source].kind == "avgpool":
            source = self._drafts[source].sources[0]
        return source == INPUT


def _kernel(arrays: Mapping[str, Any], name: str) -> Any:
    """Return a kernel, which has channels in and out as its last axes."""
    if arrays[name].ndim < 2:
        raise ValueError(f"its {name} has {arrays[name].ndim} axes")
    return arrays[name]


def _planes(arrays: Mapping[str, Any], name: str) -> Array:
    """Return a depthwise or pointwise kernel as (taps, in, out)."""
    found = np.asarray(_kernel(arrays, name), np.float64)
    return found.reshape(-1, *found.shape[-2:])
