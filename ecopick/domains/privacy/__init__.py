"""What is held on a person: taken along, erased, kept for a reason, kept for a time."""
