"""How operations come in and answers go out: HTTP, streams over HTTP, and WebSockets."""
