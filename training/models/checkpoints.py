"""What can be sampled, trained from, or judged with."""

from __future__ import annotations

from django.db import models

from annotation.cot.steps import Layout
from annotation.models.made import Dated
from training.job.prompts import STYLES, Style

CATALOGUE = "catalogue"  # the ``path`` of the writer that needs no model
OWN = "own"  # the ``path`` of a writer whose CoTs came in a file


class Checkpoint(Dated):
    """A model somebody can sample or score with: a folder, or an OpenAI-compatible endpoint. A
    writer is sampled only: a chat model's endpoint, or ``CATALOGUE`` for no model at all; one
    whose path is ``OWN`` wrote elsewhere and is not sampled here."""

    class Kind(models.TextChoices):
        POLICY = "policy"
        RM = "rm", "reward model"
        WRITER = "writer", "writer of first CoTs"

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.POLICY)
    path = models.TextField(help_text="Hugging Face folder, or the endpoint's URL")
    model_name = models.CharField(max_length=200, blank=True, help_text="at the endpoint")
    style = models.CharField(max_length=16, default="bare", help_text="prompt style")
    layout = models.CharField(max_length=16, default="answer_last")
    prompt_version = models.CharField(max_length=16, default="1", help_text="of its prompts")
    run = models.ForeignKey(
        "TrainingRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="produced"
    )

    def __str__(self) -> str:
        return self.name

    @property
    def is_remote(self) -> bool:
        """Served over HTTP; such a checkpoint can be sampled but not trained from."""
        return self.path.startswith(("http://", "https://"))

    @property
    def prompt_style(self) -> Style:
        return next((style for style in STYLES if style == self.style), "bare")

    @property
    def prompt_layout(self) -> Layout:
        return "answer_first" if self.layout == "answer_first" else "answer_last"
