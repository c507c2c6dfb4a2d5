"""What is predicted of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Prediction:
    """What becomes of a layer on the way to Loihi by NengoDL.

    Attributes
    ----------
    converter :
        What ``nengo_dl.Converter`` makes of it: Nengo objects alone (``native``),
        a ``TensorNode`` for the layer or its activation, or an exception.
    loihi :
        Whether ``nengo_loihi.Simulator`` builds that and makes a step. (It builds a
        TensorNode, and raises at the first step.)
    why :
        A sentence for people, without a full stop.
    """

    converter: Literal["native", "TensorNode", "exception"]
    loihi: Literal["builds", "refused"]
    why: str
