"""The colours of all pictures: a layer has the same one in each picture of a network.

They are from Okabe and Ito, Color Universal Design, 2008, without black and yellow,
which are not visible on dark and light backgrounds, respectively.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle, product

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
HATCHES = ("", "////", "....", "xxxx", "||||", "----", "oooo", "++++", "****", "OOOO")
HOST = "#808890"


@dataclass(frozen=True, slots=True)
class Look:
    """The colour of a layer, and the hatch of its areas."""

    colour: str
    hatch: str = ""


def looks(names: Iterable[str], host: Collection[str] = ()) -> Mapping[str, Look]:
    """Return a look for each layer; these differ for up to 60 layers on the chip.

    ``names`` are in the order of the spec, and those in ``host`` are grey.
    """
    pairs = cycle(product(HATCHES, COLOURS))
    by_name = {}
    for name in names:
        if name in host:
            by_name[name] = Look(HOST)
        else:
            hatch, colour = next(pairs)
            by_name[name] = Look(colour, hatch)
    return by_name
