"""The first page after signing in: it shows something of every other room."""
