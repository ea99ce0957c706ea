"""Importing events from files of other systems."""
