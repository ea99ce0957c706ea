"""The control store: projects, credentials, profiles and salts, in a relational database."""
