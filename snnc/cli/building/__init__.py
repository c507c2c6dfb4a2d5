"""What `snnc build` does with packages, and when."""
