"""What a mapped network costs, for people and for programs."""
