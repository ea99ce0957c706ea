"""What subscriptions follow: events as they come, and answers that change."""
