"""What Loihi's cores cost and allow, and the search for the fewest of them.

Begin at `mapper`. `link` and its kinds count what nengo-loihi stores, `tiling` is a way
to cut a population, `plan` lists the ways and `search` picks among them, `why` and
`refusals` explain. Works on the graphs of `ir`; the limits come with the network's
device. Imports `rules`, `ir` and what is below.
"""
