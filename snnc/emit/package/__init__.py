"""The parts of the package that need neither Keras nor Nengo, and all of them."""

from snnc.emit.package.modules import package_modules

__all__ = ["package_modules"]
