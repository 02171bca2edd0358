"""People, their organisational roles, their personal ties to units, and invitations."""
