"""The graphs of a network on its way to the chip, each a frozen value.

`logical` has layers, `lowered` populations and projections, `mapped` blocks, cores and
their routes; `device` is a chip's limits as data, `layout` the weights in Keras's
order. `paths` and `shapes` compute the inputs and outputs of layers. Imports only the
types of `language`.
"""
