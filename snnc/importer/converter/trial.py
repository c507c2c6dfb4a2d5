"""What was seen of a layer on the way to Loihi by NengoDL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a layer.

    Attributes
    ----------
    converter :
        What `nengo_dl.Converter` made of it: Nengo objects alone (``native``), a
        ``TensorNode`` for the layer or its activation, or an exception.
    loihi :
        Whether `nengo_loihi.Simulator` builds that and makes a step.
    why :
        The libraries' own words if not, else where the layer runs; may be empty.
    """

    converter: Literal["native", "TensorNode", "exception"]
    loihi: Literal["builds", "refused"]
    why: str


def words(error: BaseException | Warning | str) -> str:
    """Return what a library says, as one line of limited length without a full stop."""
    said = re.sub(r" at 0x[0-9a-f]+", "", " ".join(str(error).split()))
    said = said[:300].rstrip(".")
    if not isinstance(error, Exception) or isinstance(error, Warning):
        return said
    kind = type(error).__name__
    return f"{kind}: {said}" if said else kind
