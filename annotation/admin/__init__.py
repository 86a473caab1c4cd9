"""The Django admin of pairs, rollouts, the queue and labels."""

from annotation.admin import exports, imports, labels, pairs, people, projects, queue, rollouts

__all__ = ["exports", "imports", "labels", "pairs", "people", "projects", "queue", "rollouts"]
