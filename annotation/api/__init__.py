"""The REST API under /api/v1 (docs/api.md). Endpoints are doors: services decide."""
