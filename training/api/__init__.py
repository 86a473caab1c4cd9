"""Runs over the REST API; config/urls.py puts it under /api/v1."""
