"""The weight layout: which tensors a network has, and the identity of that list."""

from snnc.layout.identity import layout_id
from snnc.layout.tensors import Tensor, tensors

__all__ = ["Tensor", "layout_id", "tensors"]
