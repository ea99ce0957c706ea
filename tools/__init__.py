"""What is run while setting up; the server needs none of it."""
