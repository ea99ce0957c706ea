"""Event stores: where events, sessions and the read copy of profiles are kept."""
