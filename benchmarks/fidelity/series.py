"""Two time series of the UCR and UEA archives, which aeon contains.

ItalyPowerDemand is the electric power of a day: 67 days to train with, 1029 as a test.
JapaneseVowels is 12 coefficients of a voice, of 9 speakers: 270 words to train with,
370 as a test.
"""

from __future__ import annotations

import numpy as np

from benchmarks.study.data import Examples, MissingDataError, Split

SPEC = """snn 1

network {name} {{
  timing {{ present 40 ms, synapse 5 ms }}
  defaults {{ neuron {neuron}, rate 20..150 Hz }}
  defaults conv1d {{ kernel 5, padding same }}

  input samples {steps}x{channels} in -1..1
  encode conv {{ filters 16, kernel 3, padding same }}

  conv1d a {{ filters 32 }}
  conv1d b {{ filters 32, stride 2 }}
  avgpool {{ window all }}
  readout kind {{ classes {classes}, decide last }}

  train {{ epochs {epochs}, batch 16 }}
}}
"""
SHAPES = {"power": (24, 1, 2, 200), "vowels": (25, 12, 9, 60)}
NAMES = {"power": "ItalyPowerDemand", "vowels": "JapaneseVowels"}


def spec(data: str, neuron: str) -> tuple[str, str]:
    """Return the name and the text of the spec for a series."""
    steps, channels, classes, epochs = SHAPES[data]
    name = f"{data}_{neuron}"
    text = SPEC.format(
        name=name,
        neuron=neuron,
        steps=steps,
        channels=channels,
        classes=classes,
        epochs=epochs,
    )
    return name, text


def power() -> Split:
    """Return the days of ItalyPowerDemand, (examples, 24, 1): summer or winter."""
    return _read("power")


def vowels() -> Split:
    """Return the words of JapaneseVowels, (examples, 25, 12), and their speakers."""
    return _read("vowels")


def _read(data: str) -> Split:
    try:
        from aeon.datasets import load_classification
    except ModuleNotFoundError as error:
        reason = "the time series are in aeon: pip install '.[study]'"
        raise MissingDataError(reason) from error
    parts = [load_classification(NAMES[data], split=name) for name in ("train", "test")]
    largest = np.abs(parts[0][0]).max()
    found = []
    for x, labels in parts:
        scaled = np.clip(x.transpose(0, 2, 1) / largest, -1, 1).astype(np.float32)
        order = np.random.default_rng(0).permutation(len(labels))
        y = labels.astype(np.int64) - 1
        found.append(Examples(scaled[order], y[order]))
    return Split(*found)
