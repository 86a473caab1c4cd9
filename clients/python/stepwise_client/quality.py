"""Quality: how far people agree, how often reused answers are contradicted, what is covered."""

from __future__ import annotations

from stepwise_client.connection import Connection
from stepwise_client.rows import AgreementRow, AuditRow, CoverageRow


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
