"""Whose labels a release and a run hang on: for leads."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.abilities import Ability
from annotation.people.api import ApiView
from annotation.people.fields import (
    BIG,
    ProjectQuery,
    Text,
    project_named,
    query_of,
    row_or_404,
)
from training.lineage.influence import (
    influence_on_run,
    influences,
    newest_release,
    runs_rewarded,
)
from training.models import TrainingRun
from training.runs.replay_api import ReplayCounts


class InfluenceRow(serializers.Serializer[Any]):
    """Of the ``truths`` that a label of the person is behind, how many would be ``changed`` or
    ``lost`` without their labels."""

    person = serializers.CharField(source="person.username")
    labels = serializers.IntegerField()
    truths = serializers.IntegerField(source="without.truths")
    changed = serializers.IntegerField(source="without.changed")
    lost = serializers.IntegerField(source="without.lost")


class InfluenceRecord(serializers.Serializer[Any]):
    """On the newest release, null when there is none; ``run`` is the newest that learned from
    it and can be asked about."""

    release = serializers.IntegerField(allow_null=True)
    run = serializers.IntegerField(allow_null=True)
    people = InfluenceRow(many=True)


class InfluenceQuery(serializers.Serializer[Any]):
    run = serializers.IntegerField(min_value=1, max_value=BIG)
    person = Text(allow_blank=False, max_length=150, help_text="user name")


class InfluenceOnRun(ReplayCounts):
    """What a run would have been taught without a person's labels."""

    without = serializers.CharField()


class InfluenceView(ApiView):
    abilities = {"GET": Ability.ADJUDICATE}

    @extend_schema(parameters=[ProjectQuery], responses=InfluenceRecord)
    def get(self, request: Request) -> Response:
        """Who moves most truths first, the fifty people with most labels."""
        release = newest_release(project_named(query_of(request, ProjectQuery)["project"]))
        run = runs_rewarded(release).first() if release else None
        body = {
            "release": release and release.number,
            "run": run and run.pk,
            "people": influences(release) if release else [],
        }
        return Response(InfluenceRecord(body).data)


class InfluenceRunView(ApiView):
    abilities = {"GET": Ability.ADJUDICATE}

    @extend_schema(parameters=[InfluenceQuery], responses=InfluenceOnRun)
    def get(self, request: Request) -> Response:
        """What a run would have been taught without one person. 422 when it cannot be
        replayed."""
        query = query_of(request, InfluenceQuery)
        run = row_or_404(TrainingRun.objects.select_related("release"), query["run"])
        people = User.objects.filter(username=query["person"])
        person = row_or_404(people, people.values_list("pk", flat=True).first() or 0)
        return Response(InfluenceOnRun(influence_on_run(run, person)).data)
