"""The parts of the package that need neither Keras nor Nengo, and all of them."""

from snnc.emit.package.data import data
from snnc.emit.package.layout import layout
from snnc.emit.package.marker import docstring_module, typed_marker
from snnc.emit.package.modules import package_modules

__all__ = ["data", "docstring_module", "layout", "package_modules", "typed_marker"]
