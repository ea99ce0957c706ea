"""The expression language of Mixpanel's `where` parameter."""
