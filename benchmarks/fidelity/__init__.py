"""What training costs beside plain Keras, and what the chip costs after it.

One small network in four kinds (rectified linear or LIF, with or without batch norm) is
trained with the same seeds, epochs and optimiser as its layers in plain Keras and as
`train` does it, and runs on the exact engine, of test examples in rows.
"""
