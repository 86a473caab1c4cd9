"""The numbers of a project's dashboard, and of one person in it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.labelling.gold_select import gold_by_week
from annotation.models import Project
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.fields import (
    ProjectQuery,
    Text,
    project_named,
    query_of,
    row_or_404,
)
from annotation.quality.agreement import agreement_slices
from annotation.quality.dashboard import Day, Forecast, daily, forecast
from annotation.quality.people_rows import PersonNumbers, people_rows, person_numbers
from annotation.quality.progress import item_counts, label_count, served_counts


class PersonQuery(ProjectQuery):
    person = Text(allow_blank=False, max_length=150, help_text="user name")


class ForecastRecord(serializers.Serializer[Forecast]):
    """At the pace of the last seven days; ``days`` and ``done_on`` are null without one."""

    remaining = serializers.IntegerField(help_text="submissions that open items still want")
    per_day = serializers.FloatField()
    days = serializers.FloatField(allow_null=True)
    done_on = serializers.DateField(allow_null=True)


class DayRecord(serializers.Serializer[Day]):
    day = serializers.DateField()
    submitted = serializers.IntegerField()
    people = serializers.IntegerField()
    active_ms = serializers.IntegerField()


class GoldScore(serializers.Serializer[Any]):
    """Of first attempts."""

    n = serializers.IntegerField()
    accuracy = serializers.FloatField()


class GoldWeek(GoldScore):
    week = serializers.DateField(source="week.date", help_text="its Monday")


class WorkRecord(serializers.Serializer[Any]):
    submitted = serializers.IntegerField()
    today = serializers.IntegerField(help_text="in the last 24 hours")
    active_ms = serializers.IntegerField()
    ms_per_item = serializers.IntegerField(allow_null=True)


class PersonWork(WorkRecord):
    username = serializers.CharField()
    gold = GoldScore(allow_null=True)
    paused = serializers.BooleanField()
    simulated = serializers.BooleanField(help_text="an account that nobody logs in to")


class AlphaWeek(serializers.Serializer[Any]):
    """Krippendorff's alpha of a step in a week; null where it is undefined."""

    week = serializers.CharField(help_text="its Monday")
    kind = serializers.IntegerField()
    alpha = serializers.FloatField(allow_null=True)
    n_items = serializers.IntegerField()


class DashboardRecord(serializers.Serializer[Any]):
    """``items`` and ``served`` are counts by state."""

    items = serializers.DictField(child=serializers.IntegerField())
    served = serializers.DictField(child=serializers.IntegerField())
    labels = serializers.IntegerField()
    forecast = ForecastRecord()
    days = DayRecord(many=True, help_text="the last 28")
    people = PersonWork(many=True)
    gold = GoldWeek(many=True)
    agreement = AlphaWeek(many=True)


class ConfusionCell(serializers.Serializer[Any]):
    kind = serializers.IntegerField()
    decided = serializers.CharField()
    given = serializers.CharField()
    labels = serializers.IntegerField()


class KappaRow(serializers.Serializer[Any]):
    """On the final step. ``other`` is null in your own numbers."""

    other = serializers.CharField(allow_null=True)
    kappa = serializers.FloatField(allow_null=True)
    weighted = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField(help_text="shared items")


class PersonNumbersRecord(serializers.Serializer[PersonNumbers]):
    """``work`` and ``gold_total`` are null before anything was submitted."""

    username = serializers.CharField(source="person.username")
    served = serializers.DictField(child=serializers.IntegerField())
    work = WorkRecord(source="totals", allow_null=True)
    gold_total = GoldScore(allow_null=True)
    gold = GoldWeek(many=True)
    paused = serializers.SerializerMethodField()
    days = DayRecord(many=True)
    confusion = serializers.SerializerMethodField()
    kappa = serializers.SerializerMethodField()

    def get_paused(self, row: PersonNumbers) -> bool:
        return bool(row.pauses)

    @extend_schema_field(ConfusionCell(many=True))
    def get_confusion(self, row: PersonNumbers) -> Any:
        cells = [
            {"kind": kind, "decided": decided, "given": given, "labels": n}
            for kind, table in sorted(row.confusion.items())
            for (decided, given), n in sorted(table.items())
        ]
        return ConfusionCell(cells, many=True).data

    @extend_schema_field(KappaRow(many=True))
    def get_kappa(self, row: PersonNumbers) -> Any:
        named = not self.context.get("own")
        rows = [cells | {"other": other if named else None} for other, cells in row.kappa]
        return KappaRow(rows, many=True).data


class Dashboard(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(parameters=[ProjectQuery], responses=DashboardRecord)
    def get(self, request: Request) -> Response:
        """How far the work is, when it will be done, and who did how much how well."""
        project = _project(request)
        body = {
            "items": item_counts(project),
            "served": served_counts(project),
            "labels": label_count(project),
            "forecast": forecast(project),
            "days": daily(project),
            "people": people_rows(project),
            "agreement": _weeks(project),
            "gold": gold_by_week(project),
        }
        return Response(DashboardRecord(body).data)


class DashboardPerson(ApiView):
    abilities = {"GET": Ability.READ}

    @extend_schema(parameters=[PersonQuery], responses=PersonNumbersRecord)
    def get(self, request: Request) -> Response:
        """One person's numbers in a project."""
        query = query_of(request, PersonQuery)
        named = User.objects.filter(username=query["person"])
        person = row_or_404(named, named.values_list("pk", flat=True).first() or 0)
        return Response(PersonNumbersRecord(person_numbers(_project(request), person)).data)


class DashboardOwn(ApiView):
    abilities = {"GET": Ability.LABEL}

    @extend_schema(parameters=[ProjectQuery], responses=PersonNumbersRecord)
    def get(self, request: Request) -> Response:
        """Your own numbers in a project; the others stay unnamed."""
        numbers = person_numbers(_project(request), user_of(request))
        return Response(PersonNumbersRecord(numbers, context={"own": True}).data)


def _weeks(project: Project) -> list[dict[str, Any]]:
    return [
        {"week": row.value, "kind": kind, "alpha": alpha.value, "n_items": alpha.n_items}
        for row in agreement_slices(project, "week")
        for kind, alpha in row.by_kind.items()
    ]


def _project(request: Request) -> Project:
    return project_named(query_of(request, ProjectQuery)["project"])
