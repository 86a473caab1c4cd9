"""What came of a label or a step, and what an update rests on, for programs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.people.api import ApiView, user_of
from annotation.people.fields import BIG, INT, query_of, row_or_404
from training.lineage.access import groups_read, labels_read, may_see, run_facts, steps_read
from training.lineage.graph import Lineage, LineageNode
from training.lineage.openlineage import events
from training.lineage.select import label_lineage, step_lineage, update_lineage

_UPDATE = ("run", "update", "pair")


class LineageQuery(serializers.Serializer[Any]):
    """A label, a step, or a run's update of a pair."""

    # The names are the query's; the types are those of the base's own attributes.
    label = serializers.IntegerField(  # type: ignore[assignment]
        required=False, min_value=1, max_value=BIG
    )
    step = serializers.IntegerField(required=False, min_value=1, max_value=BIG)
    run = serializers.IntegerField(required=False, min_value=1, max_value=BIG)
    update = serializers.IntegerField(  # type: ignore[assignment]
        required=False, min_value=0, max_value=INT
    )
    pair = serializers.IntegerField(required=False, min_value=1, max_value=BIG)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) not in ({"label"}, {"step"}, set(_UPDATE)):
            raise serializers.ValidationError(
                "name a label, or a step, or a run with update and pair"
            )
        return attrs


class NodeRecord(serializers.Serializer[LineageNode]):
    key = serializers.CharField()
    kind = serializers.CharField()
    text = serializers.CharField()
    facts = serializers.DictField()


class LineageRecord(serializers.Serializer[Any]):
    """``edges`` lead from what was there first; ``left_out`` counts updates beyond 200 a run
    and decision."""

    start = serializers.CharField(allow_blank=True)
    nodes = NodeRecord(many=True)
    edges = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))
    left_out = serializers.IntegerField()


class OpenLineageRenderer(JSONRenderer):
    format = "openlineage"


class LineageView(ApiView):
    renderer_classes = (*ApiView.renderer_classes, OpenLineageRenderer)

    @extend_schema(parameters=[LineageQuery], responses=LineageRecord)
    def get(self, request: Request) -> Response:
        """As a graph, or with ``format=openlineage`` as OpenLineage run events. An annotator
        sees the own labels', 403 otherwise."""
        project, lineage = _lineage(request)
        if request.accepted_renderer.format == OpenLineageRenderer.format:
            return Response(events(lineage, project, run_facts(lineage)))
        return Response(
            LineageRecord(
                {
                    "start": lineage.start,
                    "nodes": list(lineage.nodes.values()),
                    "edges": [list(edge) for edge in lineage.edges],
                    "left_out": lineage.left_out,
                }
            ).data
        )


def _lineage(request: Request) -> tuple[str, Lineage]:
    """(the project's slug, what was asked for)"""
    query, person = query_of(request, LineageQuery), user_of(request)
    if "label" in query:
        label = row_or_404(labels_read(), query["label"])
        may_see(person, label)
        return label.item.project.slug, label_lineage(label, person)
    may_see(person)
    if "step" in query:
        step = row_or_404(steps_read(), query["step"])
        return step.rollout.pair.project.slug, step_lineage(step, person)
    newest = groups_read(*(query[name] for name in _UPDATE)).values_list("pk", flat=True)[:1]
    group = row_or_404(groups_read(*(query[name] for name in _UPDATE)), next(iter(newest), 0))
    return group.run.project.slug, update_lineage(group, person)
