"""What a network is on its way to the chip: the graphs, each a frozen value.

`logical` has layers, `lowered` populations and projections, `mapped` blocks and cores,
and where these are routed to; `device` is a chip's limits as data, `layout` the weights
in Keras's order. `paths` and `shapes` are what layers read and give. The types of
`language` are all that they are made of.
"""
