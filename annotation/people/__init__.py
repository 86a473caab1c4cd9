"""Who is behind a request, and what they may do."""
