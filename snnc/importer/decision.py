"""What becomes of each layer of a Keras model and of each of its options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["kept", "training", "rewritten", "refused"]
Rule = Literal["layer", "option", "activation", "maxpool", "linear", "input"]

VERDICTS: dict[Verdict, str] = {
    "kept": "kept",
    "training": "training only",
    "rewritten": "rewritten",
    "refused": "refused",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the explanation.

    Attributes
    ----------
    layer :
        The layer's name in Keras.
    option :
        An option of it with its value, such as ``padding same``; empty for the layer
        as a whole.
    verdict :
        ``kept``: means the same in the spec. ``training``: matters to training alone.
        ``rewritten``: by something else. ``refused``: keeps the model from import.
    why :
        A phrase.
    remedy :
        What to do about it, to be typed where possible; empty where nothing is due.
    rule :
        The diagnostic that tells a refusal.
    """

    layer: str
    option: str
    verdict: Verdict
    why: str = ""
    remedy: str = ""
    rule: Rule = "layer"
