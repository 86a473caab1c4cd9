"""An example project with a past: made by the circle itself, by people who are simulated."""
