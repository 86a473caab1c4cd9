from __future__ import annotations

from django.urls import path

from training.disagreements import api as disagreements
from training.judges import api as judges
from training.lineage import api as lineage
from training.lineage import influence_api as influence
from training.lineage.two_runs_api import TwoRunsView
from training.rollouts import batches_api as batches
from training.rollouts.api import FirstCots
from training.rounds import api as rounds
from training.runs import api as runs
from training.runs import preflight_api
from training.runs.ledger_api import RunRollouts
from training.runs.replay_api import RunReplay
from training.runs.stale_api import StaleLabels
from training.runs.thresholds_api import Thresholds
from training.scoring import scores_api as scores
from training.scoring.coverage_api import Coverage

urlpatterns = [
    path("batches/", batches.Batches.as_view(), name="api_batches"),
    path("batches/<int:pk>/", batches.BatchDetail.as_view(), name="api_batch"),
    path("batches/<int:pk>/queue/", batches.BatchQueue.as_view(), name="api_batch_queue"),
    path("batches/<int:pk>/retry/", batches.BatchRetry.as_view(), name="api_batch_retry"),
    path("scores/", scores.Scores.as_view(), name="api_scores"),
    path("scoring/", scores.Scoring.as_view(), name="api_scoring"),
    path("disagreements/", disagreements.Disagreements.as_view(), name="api_disagreements"),
    path(
        "disagreements/bulk/",
        disagreements.DisagreementsBulk.as_view(),
        name="api_disagreements_bulk",
    ),
    path(
        "disagreements/<int:pk>/decide/",
        disagreements.DisagreementDecide.as_view(),
        name="api_disagreement_decide",
    ),
    path("influence/", influence.InfluenceView.as_view(), name="api_influence"),
    path("influence/run/", influence.InfluenceRunView.as_view(), name="api_influence_run"),
    path("thresholds/", Thresholds.as_view(), name="api_thresholds"),
    path("coverage/", Coverage.as_view(), name="api_coverage"),
    path("compare/", TwoRunsView.as_view(), name="api_compare"),
    path("first-cots/", FirstCots.as_view(), name="api_first_cots"),
    path("lineage/", lineage.LineageView.as_view(), name="api_lineage"),
    path("checkpoints/", runs.Checkpoints.as_view(), name="api_checkpoints"),
    path("judges/", judges.Judges.as_view(), name="api_judges"),
    path("judges/roll-back/", judges.JudgesRollBack.as_view(), name="api_judges_roll_back"),
    path("judges/<int:pk>/appoint/", judges.JudgeAppoint.as_view(), name="api_judge_appoint"),
    path("judges/<int:pk>/gate/", judges.JudgeGate.as_view(), name="api_judge_gate"),
    path("rounds/", rounds.Rounds.as_view(), name="api_rounds"),
    path("rounds/<int:pk>/", rounds.RoundDetail.as_view(), name="api_round"),
    path("rounds/<int:pk>/advance/", rounds.RoundAdvance.as_view(), name="api_round_advance"),
    path("rounds/<int:pk>/stop/", rounds.RoundStop.as_view(), name="api_round_stop"),
    path("preflight/", preflight_api.PreflightView.as_view(), name="api_preflight"),
    path("stale/", StaleLabels.as_view(), name="api_stale"),
    path("runs/", runs.Runs.as_view(), name="api_runs"),
    path("runs/<int:pk>/", runs.RunDetail.as_view(), name="api_run"),
    path("runs/<int:pk>/cancel/", runs.RunCancel.as_view(), name="api_run_cancel"),
    path("runs/<int:pk>/waive/", runs.RunWaive.as_view(), name="api_run_waive"),
    path("runs/<int:pk>/resume/", runs.RunResume.as_view(), name="api_run_resume"),
    path("runs/<int:pk>/metrics/", runs.RunMetrics.as_view(), name="api_run_metrics"),
    path("runs/<int:pk>/replay/", RunReplay.as_view(), name="api_run_replay"),
    path("runs/<int:pk>/rollouts/", RunRollouts.as_view(), name="api_run_rollouts"),
]
