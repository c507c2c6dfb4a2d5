"""The accuracy study: what is lost between Keras and the chip, and by which way.

`networks` lists what is studied. For each, `data` gives examples, `packages` builds,
trains and calibrates, and the ways to run it are measured: `floats` in Keras and as
rates, `spikes` on Nengo and on the exact engine, `swap` as users do without snnc.
`run` puts that together; `tables` and `plots` show what it wrote.
"""
