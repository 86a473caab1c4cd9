"""The client: one method an operation of the API, by topic."""

from __future__ import annotations

from stepwise_client.data import Data
from stepwise_client.deciding import Deciding
from stepwise_client.gold import Gold
from stepwise_client.labelling import Labelling
from stepwise_client.practice import Practice
from stepwise_client.projects import Projects
from stepwise_client.quality import Quality
from stepwise_client.rounds import Rounds
from stepwise_client.scoring import Scoring
from stepwise_client.training import Training


class Client(
    Projects,
    Data,
    Labelling,
    Practice,
    Deciding,
    Gold,
    Quality,
    Scoring,
    Training,
    Rounds,
):
    """``with Client("https://stepwise.example.org", token="stw_...") as stepwise: ...``"""
