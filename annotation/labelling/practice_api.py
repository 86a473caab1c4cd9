"""Practice over the API: explained gold items, answered without consequence."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.cot.gold import label_answers
from annotation.labelling.api_forms import PairShown, StepText
from annotation.labelling.bodies import Label, label_inputs
from annotation.labelling.feedback import known_answers
from annotation.labelling.practice import practice_answer, practice_checked, practice_items
from annotation.models import GoldItem
from annotation.people.abilities import Ability
from annotation.people.api import ApiView, user_of
from annotation.people.bodies import body_as
from annotation.people.fields import ProjectQuery, project_named, query_of, row_or_404


class PracticeRecord(serializers.ModelSerializer[GoldItem]):
    """``kinds``: the steps to judge; ``done``: you were told its answers."""

    pair = PairShown(source="rollout.pair")
    steps = serializers.SerializerMethodField()
    kinds = serializers.SerializerMethodField()
    done = serializers.BooleanField()

    class Meta:
        model = GoldItem
        fields = ["id", "pair", "steps", "kinds", "done"]

    @extend_schema_field(StepText(many=True))
    def get_steps(self, gold: GoldItem) -> Any:
        return StepText(gold.rollout.steps.all(), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_kinds(self, gold: GoldItem) -> list[int]:
        return sorted(map(int, gold.answers))


class PracticeSent(msgspec.Struct, frozen=True):
    labels: Annotated[list[Label], msgspec.Meta(min_length=1)]


class KnownAnswer(serializers.Serializer[Any]):
    """``known``: the true value of steps 3 to 5, the verdict of steps 1 and 2; "" while it is
    kept from you. ``given`` is yours, "" for unsure or none."""

    kind = serializers.IntegerField()
    known = serializers.CharField(allow_blank=True)
    given = serializers.CharField(allow_blank=True)
    wrong = serializers.BooleanField()


class PracticeTold(serializers.Serializer[Any]):
    note = serializers.CharField(help_text="a lead's explanation")
    answers = KnownAnswer(many=True)


class PracticeView(ApiView):
    abilities = {"GET": Ability.LABEL, "POST": Ability.LABEL}


class PracticeList(PracticeView):
    @extend_schema(parameters=[ProjectQuery], responses=PracticeRecord(many=True))
    def get(self, request: Request) -> Response:
        """What you may practise on, in its order: none of it is a label."""
        project = project_named(query_of(request, ProjectQuery)["project"])
        rows = practice_items(user_of(request), project.pk)
        return Response(PracticeRecord(rows, many=True).data)


class PracticeAnswer(PracticeView):
    @extend_schema(request=PracticeSent, responses=PracticeTold)
    def post(self, request: Request, pk: int) -> Response:
        """Your verdicts beside the known answers, which you are told now. 409 for what is not
        yours to practise on, 422 for a label that its step cannot have."""
        gold = row_or_404(GoldItem.objects.select_related("project", "rollout"), pk)
        sent = label_inputs(body_as(request, PracticeSent).labels)
        labels = practice_checked(gold=gold, labels=sent)
        practice_answer(gold=gold, annotator=user_of(request), labels=labels)
        told = {"note": gold.note, "answers": known_answers(gold, label_answers(labels))}
        return Response(PracticeTold(told).data)
