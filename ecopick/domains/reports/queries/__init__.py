"""What the dashboard asks of the database: every part is one statement."""
