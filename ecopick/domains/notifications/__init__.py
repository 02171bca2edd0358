"""What people are told, through which channel, and what they prefer."""
