"""Ecopick: from a defect in a building to a closed ticket with proof."""
