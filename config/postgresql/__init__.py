"""Django's PostgreSQL backend; its health check costs nothing while the server is well."""
