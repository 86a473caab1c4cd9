"""The queue and the label page: claims, drafts, submissions, gold, skips, flags."""
