"""snnc compiles a declarative spec of a spiking network into Keras and Nengo code.

Importing this package imports none of tensorflow, nengo or numpy.
"""

__version__ = "0.2.0"
