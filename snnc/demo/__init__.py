"""The demonstration: handwritten digits that drift, from a spec to spikes."""
