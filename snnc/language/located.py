"""A validated spec, and where its parts were written."""

from __future__ import annotations

from collections.abc import Mapping

from snnc.dataclass import dataclass
from snnc.language.model import Spec
from snnc.source import Span


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement is written.

    ``span`` is its head, from the kind to the name. ``keys`` has the span of the
    value of each property that is written (and of ``shape``, ``within`` and
    ``mapped``), ``sources`` the span of each name behind ``from``. A statement that
    is not written has the place of the network's name.
    """

    span: Span
    name: Span | None
    keys: Mapping[str, Span]
    sources: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ValidatedSpec:
    """A spec, as far as it is sound, with its places.

    ``spec`` is built without pydantic's check of the whole, whose parts are checked
    already. A layer statement with an error is None in ``spec.layers``; so the layer
    behind it, if it names no source, reads something unknown. A broken or missing
    input or readout is a placeholder with a name.

    Attributes
    ----------
    places
        Parallel to ``spec.layers``. The name of a place is None if there is none
        or if it is taken already.
    defaults
        Parallel to ``spec.defaults``.
    broken
        Names of the input, layers and readout whose statements have errors: what
        they say is unknown, and nothing should be said about it.
    defaults_sound
        Whether every ``defaults`` statement was understood; if not, a property that
        no statement gives may have been given there.
    sound
        Whether nothing at all was wrong.
    span
        The network's name, or the file's beginning.
    """

    spec: Spec
    places: tuple[Place, ...]
    input: Place
    readout: Place
    target: Place
    timing: Place
    train: Place
    defaults: tuple[Place, ...]
    broken: frozenset[str]
    defaults_sound: bool
    sound: bool
    span: Span
