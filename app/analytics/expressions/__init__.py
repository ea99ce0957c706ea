"""Expressions over what is stored of an event: typed JSON values, with undefined beside null."""
