"""What an owner offers and what a vendor does."""
