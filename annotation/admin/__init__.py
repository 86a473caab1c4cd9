"""The Django admin of pairs, rollouts, the queue and labels."""

from annotation.admin import imports, labels, pairs, projects, queue

__all__ = ["imports", "labels", "pairs", "projects", "queue"]
