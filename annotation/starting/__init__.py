"""Starting a project: its name, its file, which column is what, a check, the import."""
