from __future__ import annotations

from django.urls import path

from training.disagreements import page as disagreements
from training.judges import page as judges
from training.rollouts import page as first_cots
from training.rounds import waiting as rounds
from training.runs import ledger_page as ledger
from training.runs import page as runs
from training.runs import stale_page

urlpatterns = [
    path("runs/", runs.runs, name="runs"),
    path("runs/stale/<slug:slug>/", stale_page.stale, name="stale_runs"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/live/", runs.run_live, name="run_live"),
    path("runs/<int:pk>/cancel/", runs.cancel, name="run_cancel"),
    path("runs/<int:pk>/waive/", runs.waive, name="run_waive"),
    path("runs/<int:pk>/resume/", runs.resume, name="run_resume"),
    path("runs/<int:pk>/score/", runs.score, name="run_score"),
    path("runs/<int:pk>/rollouts/", ledger.rollouts, name="run_rollouts"),
    path(
        "runs/<int:pk>/rollouts/pairs/<int:pair>/",
        ledger.pair_rollouts,
        name="run_pair_rollouts",
    ),
    path("runs/<int:pk>/rollouts/<int:group>/send/", ledger.send, name="run_rollout_send"),
    path("first-cots/<slug:slug>/", first_cots.first_cots, name="first_cots"),
    path("first-cots/<slug:slug>/live/", first_cots.live, name="first_cots_live"),
    path("first-cots/<slug:slug>/<int:pk>/again/", first_cots.again, name="first_cots_again"),
    path("first-cots/<slug:slug>/<int:pk>/queue/", first_cots.queue, name="first_cots_queue"),
    path("first-cots/<slug:slug>/own/", first_cots.own, name="first_cots_own"),
    path("first-cots/<slug:slug>/write/", first_cots.write, name="first_cots_write"),
    path("disagreements/", disagreements.disagreements, name="disagreements"),
    path("disagreements/bulk/", disagreements.bulk, name="disagreements_bulk"),
    path("disagreements/<int:pk>/decide/", disagreements.decide, name="disagreement_decide"),
    path("rounds/waiting/", rounds.waiting, name="rounds_waiting"),
    path("judges/", judges.judges, name="judges"),
    path("judges/roll-back/", judges.roll_back, name="judges_roll_back"),
    path("judges/<int:pk>/appoint/", judges.appoint, name="judge_appoint"),
    path("judges/<int:pk>/gate/", judges.gate, name="judge_gate"),
]
