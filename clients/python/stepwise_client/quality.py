"""Quality: how far people agree, how often reused answers are contradicted, what is covered."""

from __future__ import annotations

from stepwise_client.connection import Connection
from stepwise_client.dashboard_rows import DashboardRow, ExplainedRow, PersonNumbers
from stepwise_client.rows import AgreementRow, AuditRow, CoverageRow, ReopenedCount, StaleRow


class Quality(Connection):
    def agreement(self, project: str) -> list[AgreementRow]:
        rows: list[AgreementRow] = self._get("agreement/", project=project)
        return rows

    def explain_agreement(
        self, project: str, step: int, *, by: str | None = None, key: str | None = None
    ) -> ExplainedRow:
        """What the alpha of a step is computed from. ``by``: annotator, query_type, split or
        week, with the ``key`` of one of them: an annotator's id, a name, a Monday."""
        row: ExplainedRow = self._get(
            "agreement/explain/", project=project, step=step, by=by, key=key
        )
        return row

    def dashboard(self, project: str) -> DashboardRow:
        """How far the work is, when it will be done, and who did how much how well."""
        row: DashboardRow = self._get("dashboard/", project=project)
        return row

    def person_numbers(self, project: str, person: str) -> PersonNumbers:
        """Of one person, by user name."""
        row: PersonNumbers = self._get("dashboard/person/", project=project, person=person)
        return row

    def own_numbers(self, project: str) -> PersonNumbers:
        """Yours; the others stay unnamed."""
        row: PersonNumbers = self._get("dashboard/me/", project=project)
        return row

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
