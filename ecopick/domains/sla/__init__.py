"""Response plans and the history of each ticket's clock."""
