"""Exports: saved insights, dashboards and questions as files and pictures, made by a queue."""
