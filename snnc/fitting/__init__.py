"""What a network could be instead: variants near a spec that fit the chip.

A change gives one property of one layer another value. `trials` compile a spec with
changes; `solve` looks for the smallest change that fits; `advise` and `blocks` put what
that finds into the diagnostics of a spec that does not fit, and `variants` lists it for
``snnc fit``. Imports `passes`, `report` and what is below.
"""
