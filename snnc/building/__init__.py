"""Builds the packages of specs: for `snnc build`, from Python, and for sweeps."""
