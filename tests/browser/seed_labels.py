"""Labels by several people: an item they agree on, and one they split on."""

from __future__ import annotations

from annotation.cot.labels import LabelInput
from annotation.deciding.resolution import item_resolve
from annotation.labelling.queue import queue_claim
from annotation.labelling.submit import label_submit
from annotation.models import Project, QueueItem
from annotation.people.roles import Role
from tests.browser import seed

# Who says what of steps 4 and 5 of the headphones; steps 1 to 3 are right to all.
SPLIT = (
    ("p1", "all", "4", ""),
    ("p2", "none", "2", "The query excludes noise cancelling; this product has it."),
    ("p3", "partial", "3", "Wireless holds, the exclusion does not."),
)
AGREED = (("p1", "all", "4", ""), ("p2", "all", "4", ""))


def split_item(project: Project) -> QueueItem:
    item = seed.item_seed(project, seed.HEADPHONES, overlap=3)
    for name, attribute, tier, comment in SPLIT:
        _label(project, name, "all", attribute, tier, comment)
    assert item_resolve(item=item) == QueueItem.State.SPLIT
    return item


def agreed_item(project: Project, written: seed.Written = seed.KETTLE) -> QueueItem:
    """Two people call every step right; the item is resolved."""
    item = seed.item_seed(project, written, overlap=2)
    claim = next(s.value for s in item.rollout.steps.all() if s.kind == 4)
    for name, _attribute, tier, comment in AGREED:
        _label(project, name, claim, claim, tier, comment)
    assert item_resolve(item=item) == QueueItem.State.RESOLVED
    return item


def _label(
    project: Project, name: str, claim: str, attribute: str, tier: str, comment: str
) -> None:
    person = seed.person_seed(name, Role.ANNOTATOR)
    assignment = queue_claim(annotator=person, project=project)
    assert assignment is not None
    verdict = "correct" if attribute == claim else "incorrect"
    label_submit(
        assignment=assignment,
        annotator=person,
        client_key=f"key-{name}-{assignment.pk}",
        labels=[
            *(LabelInput(kind=kind, verdict="correct") for kind in (1, 2, 3)),
            LabelInput(kind=4, verdict=verdict, value=attribute, comment=comment),
            LabelInput(kind=5, verdict=verdict, value=tier),
        ],
        active_ms=21_000 + 200 * len(comment),
    )
