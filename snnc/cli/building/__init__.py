"""What `snnc build` does with the packages of specs: write, check or list them."""
