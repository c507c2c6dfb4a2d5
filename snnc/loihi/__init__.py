"""What Loihi's cores cost and allow, and the search for the fewest of them."""
