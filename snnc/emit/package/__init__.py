"""The parts of the package that need neither Keras nor Nengo, and all of them."""
