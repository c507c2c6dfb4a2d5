"""The accuracy study: what is lost between Keras and the chip, and by which way.

`networks` lists the networks. `data` gives examples, and `packages` builds, trains and
calibrates. Three modules measure the ways to run a network: `floats` in Keras and as
rates, `spikes` on Nengo and on the exact engine, `swap` as users do without snnc.
`run` puts that together; `tables` and `plots` show what it wrote.
"""
