"""Projects and the people in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stepwise_client.connection import Connection
from stepwise_client.quality_rows import (
    GuidelineRow,
    PersonRow,
    ProjectSettings,
    Tombstone,
)
from stepwise_client.rows import Me, ProjectRow


class Projects(Connection):
    def me(self) -> Me:
        row: Me = self._get("me/")
        return row

    def projects(self) -> Iterator[ProjectRow]:
        return self._pages("projects/")

    def create_project(
        self,
        name: str,
        *,
        slug: str | None = None,
        layout: str = "answer_last",
        overlap: int = 2,
        guideline: str = "",
    ) -> ProjectRow:
        """Without a ``slug`` it is made from the name."""
        about = {"name": name, "layout": layout, "overlap": overlap, "guideline": guideline}
        sent = about | ({"slug": slug} if slug else {})
        row: ProjectRow = self._post("projects/", json=sent)
        return row

    def project(self, slug: str) -> ProjectRow:
        row: ProjectRow = self._get(f"projects/{slug}/")
        return row

    def project_settings(self, slug: str) -> ProjectSettings:
        """All of them."""
        row: ProjectSettings = self._get(f"projects/{slug}/settings/")
        return row

    def change_project(self, slug: str, **settings: Any) -> ProjectRow:
        """``settings``: the keys of :class:`ProjectSettings`; ``pool`` are user names. What is
        not named stays as it is."""
        row: ProjectRow = self._patch(f"projects/{slug}/", settings)
        return row

    def apply_overlap(self, slug: str) -> int:
        """Give the project's overlap to its open items; how many were changed."""
        return int(self._post(f"projects/{slug}/overlap/")["items"])

    def delete_project(self, slug: str, name: str) -> Tombstone:
        """With all that hangs from it; there is no way back. ``name``: the project's, so that
        no other one goes."""
        row: Tombstone = self._post(f"projects/{slug}/delete/", json={"name": name})
        return row

    def guidelines(self, project: str) -> list[GuidelineRow]:
        """All versions, the one in force first."""
        rows: list[GuidelineRow] = self._get("guidelines/", project=project)
        return rows

    def save_guideline(
        self,
        project: str,
        *,
        text: str | None = None,
        rules: str | None = None,
        changed_kinds: Sequence[int] = (),
        note: str = "",
        base: int | None = None,
    ) -> GuidelineRow:
        """The next version; None stays as it is. ``changed_kinds``: steps whose older labels
        become stale. ``base``: the version you started from.

        Raises:
            ConflictError: somebody saved a version after ``base``.
        """
        parts = {
            name: new for name, new in (("text", text), ("rules", rules)) if new is not None
        }
        body = {"project": project, "changed_kinds": list(changed_kinds), "note": note}
        row: GuidelineRow = self._post("guidelines/", json=body | {"base": base} | parts)
        return row

    def people(self) -> Iterator[PersonRow]:
        return self._pages("people/")

    def add_person(self, username: str, password: str, roles: Sequence[str]) -> PersonRow:
        """``roles``: annotator, lead, ml_engineer, admin."""
        body = {"username": username, "password": password, "roles": list(roles)}
        row: PersonRow = self._post("people/", json=body)
        return row

    def set_roles(self, person: int, roles: Sequence[str]) -> PersonRow:
        """These and no others."""
        row: PersonRow = self._post(f"people/{person}/roles/", json={"roles": list(roles)})
        return row

    def anonymise_person(self, person: int) -> PersonRow:
        """End the account: labels stay, who they were goes; there is no way back."""
        row: PersonRow = self._post(f"people/{person}/anonymise/")
        return row

    def unlock_person(self, person: int) -> None:
        """Let somebody sign in again who gave too many wrong passwords."""
        self._post(f"people/{person}/unlock/")
