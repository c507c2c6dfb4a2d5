"""What training costs beside plain Keras, and what the chip costs after it.

A small network in kinds (rectified linear or LIF, with or without batch norm, behind a
short or a long synapse) and a deep one are trained with the same seeds, epochs and
optimiser as their layers in plain Keras and as `train` does it, and run on the exact
engine, of test examples in rows.
"""
