"""``manage.py sample_rollouts PROJECT``: rollouts for pairs that have none yet."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import StepwiseError
from training.management.batch_command import batch_carried_out
from training.rollouts.batches import batch_create
from training.rollouts.select import pairs_due_for_rollout
from training.runs.named import checkpoint_named, project_named


class Command(BaseCommand):
    help = "Sample rollouts and put them into the annotation queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug")
        parser.add_argument("--policy", default="seed", help="checkpoint name")
        parser.add_argument("--limit", type=int, default=50, help="pairs, oldest first")
        parser.add_argument("--split", action="append", help="default: train")
        parser.add_argument("--n", type=int, default=1, help="rollouts a pair")
        parser.add_argument("--temperature", type=float, default=0.99)
        parser.add_argument("--top-k", type=int, default=100)
        parser.add_argument("--max-tokens", type=int, default=256)
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--overlap", type=int, help="annotators an item")
        parser.add_argument("--queue-limit", type=int, help="rollouts a pair to label")
        parser.add_argument(
            "--background", action="store_true", help="leave the work to an inference worker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        project, policy = project_named(options["project"]), checkpoint_named(options["policy"])
        pairs = pairs_due_for_rollout(
            project=project,
            policy=policy,
            n=options["n"],
            splits=options["split"] or ["train"],
            limit=options["limit"],
        )
        names = ("n", "temperature", "top_k", "max_tokens", "seed", "overlap", "queue_limit")
        try:
            batch = batch_create(
                project=project, policy=policy, pairs=pairs, **{n: options[n] for n in names}
            )
        except StepwiseError as error:
            raise CommandError(str(error)) from error
        done = batch_carried_out(self, batch, background=options["background"])
        if done is None:
            return
        self.stdout.write(f"batch {done.pk}: {done.rollouts_done} rollouts")
        if done.error:  # sampled, and nothing of it is work for people
            self.stderr.write(done.error)
