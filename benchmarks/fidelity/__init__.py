"""What training costs next to plain Keras, and what the chip costs after it.

Networks are trained with the same seeds, epochs and optimizer in plain Keras and by
`train`, and run on the exact engine. They are a small one in kinds (rectified linear or
LIF, with or without batch norm, 100 or 40 ms), a deep one, a conv3d one, one of 60
drawn characters, and one of depthwise layers on colour patches.
"""
