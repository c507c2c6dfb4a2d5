"""What nengo_dl.Converter and nengo-loihi make of a model, told without them."""

from snnc.importer.converter.predict import predict
from snnc.importer.converter.prediction import Prediction

__all__ = ["Prediction", "predict"]
