"""Figures over everything: the dashboard and the summary behind it. Reads only."""
