"""The operations of layers, one file per family.

What is true of an operation is in its file, so that the passes need not ask which
operation a layer has. `snnc.ir.operation` lists the questions, and `base` helps to read
statements.
"""

from __future__ import annotations

from collections.abc import Mapping

from snnc.operations.average_pool import AveragePooling
from snnc.operations.base import DraftedOperation
from snnc.operations.convolution import Convolution, Downsample
from snnc.operations.dense import Dense
from snnc.operations.joins import Add, Concat
from snnc.operations.max_pool import MaxPooling
from snnc.operations.rate_code import RateCode
from snnc.operations.transposed import TransposedConvolution
from snnc.operations.upsample import Upsampling

OPERATIONS: Mapping[str, type[DraftedOperation]] = {
    "encode conv": Convolution,
    "encode rate": RateCode,
    "conv1d": Convolution,
    "conv2d": Convolution,
    "conv3d": Convolution,
    "conv2d_transpose": TransposedConvolution,
    "depthwise1d": Convolution,
    "depthwise2d": Convolution,
    "depthwise3d": Convolution,
    "downsample": Downsample,
    "avgpool": AveragePooling,
    "maxpool": MaxPooling,
    "upsample": Upsampling,
    "dense": Dense,
    "add": Add,
    "concat": Concat,
}
"""The operation of each kind of layer."""
