"""Many variants of a spec: which are the best, what is kept of them, who runs them.

Nothing here knows what a variant is: `snnc.api.sweeps` does.
"""
