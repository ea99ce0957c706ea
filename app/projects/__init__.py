"""Projects, who may ask about them, and the profiles and salts that belong to them."""
