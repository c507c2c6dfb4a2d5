"""Compare the accuracy of plain Keras, of snnc's training, and of the chip.

Plain Keras and `train` use the same seeds, epochs and optimizer. The exact engine runs
the result. One network is small and has several kinds: ReLU or LIF, with or without
batch norm, 100 or 40 ms. The others are a deep one, a conv3d one, one for 60 drawn
characters, and one with depthwise layers for colour patches.
"""
