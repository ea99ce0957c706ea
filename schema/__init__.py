"""The GraphQL front door; the only package that knows Strawberry."""
