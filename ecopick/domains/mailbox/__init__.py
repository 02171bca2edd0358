"""Mail in: requests and replies that people send by mail."""
