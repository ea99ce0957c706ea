"""What a caller may send, and how it becomes a question in the core's words."""
