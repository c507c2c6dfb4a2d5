"""The graphs of a network at each stage of compilation; all are immutable.

`logical` defines layers, `lowered` populations and projections, and `mapped` blocks,
cores and routes. `paths` finds how pools and joins become projections. `device` defines
a chip's limits, and `layout` the weight tensors in Keras order. `shapes` computes the
output sizes of layers. Imports only the types of `language`.
"""
