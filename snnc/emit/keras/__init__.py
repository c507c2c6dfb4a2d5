"""The Keras program: the model and its training."""

from snnc.emit.keras.model import keras_model
from snnc.emit.keras.train import train

__all__ = ["keras_model", "train"]
