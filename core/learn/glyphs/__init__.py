"""Training of the network that looks at the characters of a line again."""
