"""A round as JSON: what the API and the command answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from annotation.models import Round
from training.rounds.standing import RoundStanding, State, Whom, round_standing, round_state


class RoundRecord(serializers.ModelSerializer[Round]):
    """``state`` is read from the rows that name the round; ``plan`` with its defaults."""

    project = serializers.SlugField(source="project.slug")
    plan = serializers.DictField()
    state = serializers.SerializerMethodField()
    waived_by = serializers.CharField(
        source="waived_by.username", default=None, allow_null=True,
        help_text="the lead who let its runs start, with the reason in ``waiver``",
    )  # fmt: skip

    class Meta:
        model = Round
        fields = [
            "id", "project", "number", "state", "policy", "rm", "release", "plan",
            "waived_by", "waiver", "stop_reason", "created_at", "ended_at",
        ]  # fmt: skip

    def get_state(self, row: Round) -> str:
        return str(round_state(row))


class WaitRecord(serializers.Serializer[Any]):
    """``ready``: for nothing but somebody who advances the round."""

    whom = serializers.ChoiceField(choices=[str(each) for each in Whom])
    text = serializers.CharField()
    ready = serializers.BooleanField()


class RoundLabels(serializers.Serializer[Any]):
    """Items of the round and what people gave; ``hours`` are left at the pace of 24 hours."""

    items = serializers.IntegerField()
    wanted = serializers.IntegerField()
    decided = serializers.IntegerField()
    split = serializers.IntegerField()
    given = serializers.IntegerField()
    submissions_left = serializers.IntegerField()
    hours = serializers.FloatField(allow_null=True)


class RoundWhole(serializers.Serializer[Any]):
    """A round, what it waits for, and its runs by id."""

    round = RoundRecord()
    state = serializers.ChoiceField(choices=[str(each) for each in State])
    wait = WaitRecord(allow_null=True)
    labels = RoundLabels()
    batch = serializers.IntegerField(allow_null=True)
    rm_run = serializers.IntegerField(allow_null=True)
    run = serializers.IntegerField(allow_null=True)


def round_whole(row: Round) -> dict[str, Any]:
    return dict(RoundWhole(_told(round_standing(row))).data)


def _told(standing: RoundStanding) -> dict[str, Any]:
    facts = standing.facts
    jobs = {"batch": facts.batch, "rm_run": facts.judging, "run": facts.training}
    return {
        "round": facts.round,
        "state": standing.state,
        "wait": standing.wait,
        "labels": facts.labels,
        **{name: job and job.pk for name, job in jobs.items()},
    }
