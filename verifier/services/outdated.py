"""Which releases hold decisions that the guideline has overtaken since."""

from __future__ import annotations

from collections import Counter

from annotation.models import Project
from verifier.models import GroundTruth, ReleaseRow
from verifier.services.validity import Validity


def outdated_rows(project: Project) -> dict[int, int]:
    """Release id -> decisions in it that do not stand under the present guideline."""
    older = ReleaseRow.objects.filter(
        release__project=project,
        resolution__guideline_version__lt=project.guideline_version,
    )
    if not older.exists():
        return {}
    validity = Validity(project)
    current = GroundTruth.objects.filter(
        project=project, superseded_at=None, kind__in=(3, 4), resolution__isnull=False
    )
    fields = ("pair_id", "kind", "value", "source", "resolution__guideline_version")
    for pair, kind, value, source, version in current.values_list(*fields):
        if validity.stands(pair, kind, value, version):
            validity.learn(pair, kind, value, source)
    counts: Counter[int] = Counter()
    rows = older.values_list(
        "release_id", "pair_id", "kind", "resolution__value", "resolution__guideline_version"
    )
    for release, pair, kind, value, version in rows.iterator(chunk_size=10_000):
        counts[release] += not validity.stands(pair, kind, value, version)
    return {release: n for release, n in counts.items() if n}
