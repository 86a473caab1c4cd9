"""``manage.py write_cots PROJECT``: the first CoTs of pairs that have none of the writer."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.cot.errors import StepwiseError
from annotation.cot.splits import SPLITS
from training.management.batch_command import batch_carried_out
from training.models import Checkpoint
from training.rollouts.catalogue.writer import WRITER
from training.rollouts.select import batch_parsing
from training.rollouts.writers import chat_writer, writer_start
from training.runs.named import checkpoint_named, project_named


class Command(BaseCommand):
    help = "Have a writer answer for the pairs of a project, and queue its CoTs for people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="slug")
        parser.add_argument("--writer", default=WRITER, help="name; default: no model at all")
        parser.add_argument("--url", help="a chat server, with --model: then it writes")
        parser.add_argument("--model", default="", help="as the chat server calls it")
        parser.add_argument("--temperature", type=float, default=0.0)
        parser.add_argument("--max-tokens", type=int, default=1024)
        parser.add_argument("--split", action="append", choices=SPLITS, help="default: all")
        parser.add_argument("--limit", type=int, help="pairs, oldest first; default: all")
        parser.add_argument(
            "--background", action="store_true", help="leave the work to an inference worker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            batch = writer_start(
                project=project_named(options["project"]),
                writer=_writer(options),
                splits=options["split"] or SPLITS,
                pairs=options["limit"],
                temperature=options["temperature"],
                max_tokens=options["max_tokens"],
            )
        except StepwiseError as error:
            raise CommandError(str(error)) from error
        done = batch_carried_out(self, batch, background=options["background"])
        if done is None:
            return
        parsing = batch_parsing(done)
        tokens = done.prompt_tokens + done.completion_tokens
        self.stdout.write(
            f"batch {done.pk}: {parsing.n} CoTs, {parsing.parsed} parse, "
            f"{done.asked_again} written twice, {tokens} tokens, {done.seconds:.1f} s"
        )
        if done.error:  # written, and nothing of it is work for people
            self.stderr.write(done.error)


def _writer(options: dict[str, Any]) -> Checkpoint:
    if options["url"]:
        return chat_writer(url=options["url"], model=options["model"])
    name = options["writer"]
    writer = checkpoint_named(name)
    if writer.kind != Checkpoint.Kind.WRITER:
        raise CommandError(f"'{name}' is no writer: sample_rollouts samples policies")
    return writer
