"""Training of the network that compares the characters of a line with each other."""
