"""Published counts, in which nobody can be found."""
