"""What is asked of each table and changed in it, a module per table."""
