"""What `nengo_dl.Converter` and nengo-loihi make of a model, told by running them.

They run in a process of their own (`program`), within limits, for which `ask` asks.
"""
