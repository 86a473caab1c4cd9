"""From a person's label to the rewards it decided, and back."""
