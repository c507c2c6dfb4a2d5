"""An explanation for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from snnc.importer.explain.explanation import Explained, Explanation

VERSION = 1


def document(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON has it.

    ``network`` is null where the spec fits no chip, and has what could be drafted where
    a layer was refused; the ``cores`` of a layer on the host are 0.
    """
    network = None
    if explanation.network:
        network = {
            "cores": explanation.cores,
            "layers": [
                {
                    "name": placed.name,
                    "kind": placed.kind,
                    "shape": list(placed.shape),
                    "neurons": placed.neurons,
                    "cores": placed.cores or 0,
                }
                for placed in explanation.network
            ],
        }
    return {
        "version": VERSION,
        "model": explanation.model,
        "tool": explanation.tool,
        "keras": explanation.keras if explanation.tool == "Keras" else None,
        "refused": explanation.is_refused,
        "layers": [_layer(layer) for layer in explanation.layers],
        "encode": explanation.encode,
        "notes": list(explanation.notes),
        "network": network,
    }


def _layer(layer: Explained) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "decisions": [
            {
                "option": decision.option,
                "verdict": decision.verdict,
                "why": decision.why,
                "remedy": decision.remedy,
            }
            for decision in layer.decisions
        ],
        "converter": None if layer.trial is None else asdict(layer.trial),
    }
