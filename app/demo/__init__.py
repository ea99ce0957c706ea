"""A demo project: a shop with a web site and an app, and thirty days of believable traffic."""
