"""Find the smallest changes of a spec after which its network fits the chip.

A change gives one property of one layer another value. `trials` compile a spec with
changes, and `solve` looks for the smallest change that fits. `advise` and `blocks` put
it into the diagnostics of a spec that does not fit; ``snnc fit`` lists variants.
"""
