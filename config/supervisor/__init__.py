"""`make run`: the embedded database, the web server, the workers and beat under one roof."""
