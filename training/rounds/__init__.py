"""The round: one turn of the circle, what it waits for, and what starts next."""
