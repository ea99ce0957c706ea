"""Executing operations: the library's executor, with a fast way for lists of stored rows."""
