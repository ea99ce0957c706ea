"""File formats: each writes tables, portion by portion, in flat memory."""
