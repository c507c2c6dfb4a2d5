"""Find the smallest changes to a spec that make its network fit on the chip.

A change sets one property of one layer to another value. `trials` compiles a spec with
changes, and `solve` searches for the smallest change that fits. `advise` adds this
change to the diagnostics of a spec that does not fit; ``snnc fit`` lists variants.
"""
