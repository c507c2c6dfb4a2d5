"""What the process that reads a model and the one that asks for it tell each other.

A message is a line of JSON; arrays follow it as their bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

from snnc import rules
from snnc.diagnostics import Diagnostic
from snnc.importer.model import (
    NOWHERE,
    Compiled,
    KerasLayer,
    KerasModel,
    RefusedModelError,
)

if TYPE_CHECKING:
    from snnc.importer.model import Arrays


class Channel:
    """One side of a conversation.

    Raises
    ------
    EOFError
        By what receives, if the other side ends before it has told all.
    """

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    def send(self, message: Any) -> None:
        self._outgoing.write(json.dumps(message).encode("ascii") + b"\n")
        self._outgoing.flush()

    def receive(self) -> Any:
        line = self._incoming.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return json.loads(line)

    def send_arrays(self, arrays: Arrays) -> None:
        import numpy as np

        contiguous = {
            name: np.ascontiguousarray(array) for name, array in arrays.items()
        }
        headers = [
            [name, array.dtype.str, arrays[name].shape]
            for name, array in contiguous.items()
        ]
        self.send({"arrays": headers})
        for array in contiguous.values():
            self._outgoing.write(array.reshape(-1).view("u1").data)
        self._outgoing.flush()

    def receive_arrays(self, message: Mapping[str, Any]) -> Arrays:
        """Return the arrays that a message announces."""
        import numpy as np

        received: Arrays = {}
        for name, dtype, shape in message["arrays"]:
            array = np.empty(shape, np.dtype(dtype))
            size = self._incoming.readinto(array.reshape(-1).view("u1").data)  # type: ignore[attr-defined]
            if size < array.nbytes:
                raise EOFError
            received[name] = array
        return received


def model_message(model: KerasModel, has_weights: bool) -> dict[str, Any]:
    """Tell a model, and whether there are weights to ask for."""
    return {"model": asdict(model), "has_weights": has_weights}


def model_of(message: Mapping[str, Any]) -> KerasModel:
    """Return the model of a message."""
    values = dict(message["model"])
    layers = (
        KerasLayer(**{**la, "reads": tuple(la["reads"])}) for la in values["layers"]
    )
    compiled = values["compiled"]
    return KerasModel(
        **{
            **values,
            "layers": tuple(layers),
            "inputs": tuple(values["inputs"]),
            "outputs": tuple(values["outputs"]),
            "notes": tuple(values["notes"]),
            "compiled": None if compiled is None else Compiled(**compiled),
        }
    )


def refusal_message(diagnostic: Diagnostic) -> dict[str, Any]:
    """Tell why a model is refused; its place is known on the other side."""
    kind = type(diagnostic)
    values = {key: value for key, value in vars(diagnostic).items() if key != "span"}
    family = kind.__module__.rsplit(".", 1)[-1]
    return {"refused": [family, kind.__name__, values]}


def refusal_of(message: Mapping[str, Any]) -> RefusedModelError:
    """Return the refusal of a message."""
    family, name, values = message["refused"]
    rule: type[Diagnostic] = getattr(getattr(rules, family), name)
    known: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in values.items()
    }
    return RefusedModelError(rule(**known, span=NOWHERE))
