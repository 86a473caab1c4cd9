"""A chat model as a writer: what it is asked, and how its answer becomes five steps. Pure."""
