"""Small tools that know nothing of analytics: clock, ids, hashing, NDJSON, cursors."""
