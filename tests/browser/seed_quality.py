"""A gold item, and one person's wrong answer to it."""

from __future__ import annotations

from django.contrib.auth.models import User

from annotation.cot.labels import LabelInput
from annotation.labelling.gold import gold_save
from annotation.labelling.queue import queue_claim
from annotation.labelling.rollouts import rollout_record
from annotation.labelling.submit import label_submit
from annotation.models import GoldTry, Project
from tests.browser import seed
from verifier.models import GroundTruth
from verifier.services.withdrawal import truth_withdraw


def truth(project: Project, lead: User) -> GroundTruth:
    """Of a rollout with steps, withdrawn by ``lead``; another of the same pair is in force."""
    pair = seed.pair_seed(project, seed.KETTLE)
    for index, policy in enumerate(("seed-policy", "late-policy")):
        text = seed.cot(seed.KETTLE)
        rollout_record(
            pair=pair, text=text, policy=policy, prompt_version="1", seed=9, sample_index=index
        )
    rows = [
        GroundTruth.objects.create(
            project=project, pair=pair, kind=kind, value=value, source="consensus"
        )
        for kind, value in ((4, "all"), (5, "4"))
    ]
    return truth_withdraw(truth=rows[1], lead=lead, reason="Another size was asked for.")


def gold_try(project: Project, person: User) -> GoldTry:
    """The onboarding item of ``person``, answered wrongly at step 4; an item must be open."""
    project.gold_onboarding = 1
    project.save()
    pair = seed.pair_seed(project, seed.SANDALS)
    rollout = rollout_record(
        pair=pair,
        text=seed.cot(seed.SANDALS),
        policy="gold-policy",
        prompt_version="1",
        sample_index=0,
    )
    gold_save(rollout=rollout, lead=None, answers={"3": "match", "4": "partial"})
    claim = queue_claim(annotator=person, project=project)
    assert claim is not None
    label_submit(
        assignment=claim,
        annotator=person,
        client_key=f"gold-{claim.pk}",
        labels=[LabelInput(3, "correct"), LabelInput(4, "incorrect", "all")],
    )
    return GoldTry.objects.get(annotator=person)


def explained(project: Project) -> None:
    """A gold item to practise on."""
    pair = seed.pair_seed(project, seed.TRIPOD)
    rollout = rollout_record(
        pair=pair, text=seed.cot(seed.TRIPOD), policy="gold-policy", prompt_version="1"
    )
    gold_save(
        rollout=rollout,
        lead=None,
        answers={"3": "match", "5": "4"},
        note="A mount is asked for.",
    )
