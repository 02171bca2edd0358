"""Reading the four streams, and proving that they are whole."""
