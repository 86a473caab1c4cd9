"""What a chain of thought is: steps, rules, attributes, labels. Imports nothing of ours."""
