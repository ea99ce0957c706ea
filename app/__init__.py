"""Rosetta: one event store that speaks GraphQL, OpenPanel, Mixpanel and PostHog."""
