"""The Keras program: the model, its training and the pipelines that feed it."""

from snnc.emit.keras.model import keras_model
from snnc.emit.keras.train import pipelines, progress, train

__all__ = ["keras_model", "pipelines", "progress", "train"]
