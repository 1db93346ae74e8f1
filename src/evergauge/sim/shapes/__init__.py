"""What the objects of a realistic cluster look like."""
