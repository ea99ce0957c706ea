"""Mixpanel's public HTTP API: raw export, its query helpers, and ingestion."""
