"""Quality: how far people agree, how often reused answers are contradicted, what is covered."""

from __future__ import annotations

from stepwise_client.connection import Connection
from stepwise_client.rows import AgreementRow, AuditRow, CoverageRow, ReopenedCount, StaleRow


class Quality(Connection):
    def agreement(self, project: str) -> list[AgreementRow]:
        rows: list[AgreementRow] = self._get("agreement/", project=project)
        return rows

    def audits(self, project: str) -> list[AuditRow]:
        """How often people contradict an answer that is reused, by step."""
        rows: list[AuditRow] = self._get("audits/", project=project)
        return rows

    def coverage(self, project: str) -> list[CoverageRow]:
        """What the steps of each policy are judged by."""
        rows: list[CoverageRow] = self._get("coverage/", project=project)
        return rows

    def stale(self, project: str) -> StaleRow:
        """What a change of the guideline made stale, the least that puts it right, and the runs
        that learned from it."""
        row: StaleRow = self._get("stale/", project=project)
        return row

    def reopen_stale(self, project: str, *, contradicting_only: bool = True) -> ReopenedCount:
        """Ask people again about all of it, each pair's values and each text once."""
        body = {"project": project, "contradicting_only": contradicting_only}
        row: ReopenedCount = self._post("stale/", json=body)
        return row
