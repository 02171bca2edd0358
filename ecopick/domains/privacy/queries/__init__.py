"""Reading what is held on a person, and what was asked about it."""
