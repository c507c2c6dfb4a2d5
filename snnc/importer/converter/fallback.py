"""Layers that have no converter (``ConvertFallback``)."""

from __future__ import annotations

from snnc.importer.converter.network import Call, Converted, ConverterError
from snnc.importer.graph import CALLED_WITH


def fallback(call: Call) -> Converted:
    """Return the TensorNode of a layer.

    Raises
    ------
    ConverterError
        If the converter's fallback cannot build one: it hands the layer one tensor and
        takes one, and it calls the layer without arguments.
    """
    layer = call.layer
    if layer.kind == "TimeDistributed":
        raise ConverterError("`TimeDistributed` needs `temporal_model=True`")
    if len(call.inputs) > 1:
        raise ConverterError(
            f"`{layer.kind}` has no converter, and a TensorNode of one takes one input"
        )
    if layer.options.get("return_state"):
        raise ConverterError("a TensorNode has one output, and it has its states too")
    if layer.kind == "MultiHeadAttention":
        raise ConverterError("its copy has no weights before it is called")
    if layer.kind == "EinsumDense" and _has_none(layer.options.get("output_shape")):
        raise ConverterError("its `output_shape` is not fixed")
    if layer.kind == "SlicingOpLambda" or _arguments(layer.options.get(CALLED_WITH)):
        raise ConverterError("it is called with arguments, which the converter drops")
    return Converted(None, tensor=f"`{layer.kind}`, which has no converter,")


def _has_none(shape: object) -> bool:
    return isinstance(shape, list) and None in shape


def _arguments(called: object) -> bool:
    if not isinstance(called, dict):
        return False
    return any(key not in {"name", "training"} for key in called)
