"""``snnc calibrate``: weights with which each layer keeps to its rates.

The arithmetic is the package's own, `snnc.runtime.calibration`; what the chip's
integers keep of the result is told from the package's spec, where that is at hand.
"""
