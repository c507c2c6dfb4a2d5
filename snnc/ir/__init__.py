"""What a network is on its way to the chip: the graphs, each a frozen value.

`logical` has layers, `lowered` populations and projections, `mapped` blocks and cores;
`device` is a chip's limits as data, `layout` the weights in Keras's order. The types
of `language` are all that they are made of.
"""
