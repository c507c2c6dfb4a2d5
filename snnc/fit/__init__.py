"""What a network could be instead: variants near a spec that fit the chip.

A change gives one property of one layer another value. Trials compile a spec with
changes; the solver looks for the smallest change that fits; ``advise`` puts what it
finds into the diagnostics of a spec that does not fit, and ``variants`` lists it for
``snnc fit``.
"""
