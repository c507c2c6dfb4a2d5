"""The costs and limits of Loihi's cores, and the search for the fewest cores.

Start with `plan`, which turns each population into a step of the search, and a solution
into a mapping. `link` and its implementations count what nengo-loihi stores. A `tiling`
splits a population into blocks; `candidates` lists the tilings that fit on a core, and
`search` chooses among them. `why` and `diagnose` explain the result. This folder works
on the graphs of `ir`, and reads the limits from the network's device. Imports `rules`,
`ir` and the folders below them in the layering.
"""
