"""What can be changed, by what it is about."""
