"""Taking over tables from elsewhere: buildings, units, people, past tickets."""
