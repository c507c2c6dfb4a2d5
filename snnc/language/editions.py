"""The editions of the language: the defaults that differ between them.

An edition differs from the one before by these defaults alone (docs/policy.md). A spec
names its edition on its first line, and keeps the defaults of that edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Rates = tuple[float, float]


class Edition(NamedTuple):
    """The defaults of an edition. Times are in seconds, rates in Hz.

    Attributes
    ----------
    present, synapse
        The defaults of `timing`.
    rate
        The range of rates of spiking layers.
    encoder_rate
        The range of rates of encoders.
    readout_synapse
        The time constant of the filter on the output.
    """

    present: float
    synapse: float
    rate: Rates
    encoder_rate: Rates
    readout_synapse: float

    @property
    def pool_rate(self) -> Rates:
        """The range of rates of max pools, which have no lower end."""
        return 0.0, self.rate[1]


EDITIONS: Mapping[int, Edition] = {
    1: Edition(
        present=0.1,
        synapse=5e-3,
        rate=(20.0, 150.0),
        encoder_rate=(0.0, 250.0),
        readout_synapse=10e-3,
    ),
    2: Edition(
        present=0.04,
        synapse=1e-3,
        rate=(20.0, 250.0),
        encoder_rate=(0.0, 500.0),
        readout_synapse=8e-3,
    ),
}
FIRST = EDITIONS[1]
"""The defaults of edition 1. The models of statements contain these values, and
`with_edition` replaces them."""
NEWEST = max(EDITIONS)
"""The edition of new specs."""


class ByEdition(NamedTuple):
    """A default that depends on the edition: a note on the type of a field.

    ``name`` is a field or property of `Edition`.
    """

    name: str

    def of(self, edition: int) -> Any:
        """Return the default in an edition."""
        return getattr(EDITIONS[edition], self.name)


def edition_of(text: str) -> int | None:
    """Return the edition that a text names, or None if there is no such edition."""
    return next((edition for edition in EDITIONS if text == str(edition)), None)
