"""The costs and limits of Loihi's cores, and the search for the fewest cores.

Begin at `plan`: it makes a step of each population. `link` and its kinds count what
nengo-loihi stores, a `tiling` is a way to cut a population, `candidates` lists those
that fit a core and `search` chooses among them; `why` and `refusals` explain. Works on
the graphs of `ir`; the limits come with the network's device. Imports `rules`, `ir` and
what is below that.
"""
