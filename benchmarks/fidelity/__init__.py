"""The networks, the data sets and the reference of `benchmarks.fewer_steps`.

One network is small and has several kinds: ReLU or LIF, with or without batch norm. The
others are a deep one, a conv3d one, one for 60 drawn characters, one with depthwise
layers for colour patches, and two for time series.
"""
