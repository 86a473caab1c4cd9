"""From several people's labels to one decision: consensus, adjudication, reviews."""
