"""The Keras program: the model, its training, and the scales of its weights."""

from snnc.emit.keras.calibrate import calibrate, scales
from snnc.emit.keras.discretize import discretize, precision
from snnc.emit.keras.integers import integers
from snnc.emit.keras.model import keras_model
from snnc.emit.keras.train import pipelines, progress, train

__all__ = [
    "calibrate",
    "discretize",
    "integers",
    "keras_model",
    "pipelines",
    "precision",
    "progress",
    "scales",
    "train",
]
