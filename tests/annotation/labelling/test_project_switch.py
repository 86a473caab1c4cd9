"""The project switcher, and the project that pages without one in their address show."""

from __future__ import annotations

import pytest
from django.test import Client

from annotation.exports.jobs import export_job_create
from annotation.labelling.flags import flag_raise
from annotation.models import ExportJob, Project, QueueItem
from annotation.people.roles import Role
from tests.factories import make_item, make_project, make_user, submit

pytestmark = pytest.mark.django_db
QUALITY, PROGRESS, EXPORTS = "/quality/", "/progress/", "/exports/"
DISAGREEMENTS = "/training/disagreements/"


@pytest.fixture
def old() -> Project:
    return make_project()


@pytest.fixture
def new(old: Project) -> Project:
    return make_project()


@pytest.fixture
def lead(client: Client) -> Client:
    client.force_login(make_user(Role.LEAD))
    return client


def dashboard(project: Project) -> str:
    return f"/quality/{project.slug}/"


def test_quality_opens_the_project_that_was_shown_last(
    lead: Client, old: Project, new: Project
) -> None:
    assert lead.get(QUALITY).headers["Location"] == dashboard(new)
    lead.get(f"/quality/{old.slug}/agreement/")
    assert lead.get(QUALITY).headers["Location"] == dashboard(old)
    lead.get(f"{PROGRESS}?project={new.slug}")
    assert lead.get(QUALITY).headers["Location"] == dashboard(new)


def test_a_person_who_was_shown_nothing_yet_gets_the_project_they_work_in(
    client: Client, old: Project, new: Project
) -> None:
    annotator = make_user()
    submit(make_item(old), annotator)
    client.force_login(annotator)
    assert client.get(QUALITY).headers["Location"] == dashboard(old)
    assert client.get(PROGRESS).context["project"] == old


def test_a_remembered_project_that_is_gone_is_forgotten(
    lead: Client, old: Project, new: Project
) -> None:
    lead.get(dashboard(new))
    new.delete()
    assert lead.get(QUALITY).headers["Location"] == dashboard(old)


def test_every_tab_of_quality_links_to_itself_in_the_other_project(
    lead: Client, old: Project, new: Project
) -> None:
    for tab in (
        "",
        "agreement/",
        "review/",
        "guideline/",
        "guideline/edit/",
        "stale/",
        "gold/",
    ):
        page = lead.get(f"{dashboard(old)}{tab}").content.decode()
        assert f'href="{dashboard(old)}{tab}" aria-current="true"' in page
        assert f'<a href="{dashboard(new)}{tab}"' in page


@pytest.mark.parametrize("url", [PROGRESS, EXPORTS, DISAGREEMENTS, "/adjudication/", "/flags/"])
def test_a_page_without_a_project_in_its_path_is_switched_by_its_query(
    lead: Client, old: Project, new: Project, url: str
) -> None:
    for project, other in ((old, new), (new, old)):
        page = lead.get(f"{url}?project={project.slug}").content.decode()
        assert f'href="{url}?project={project.slug}" aria-current="true"' in page
        assert f'<a href="{url}?project={other.slug}"' in page


def test_switching_keeps_the_filter_of_the_disagreements_and_leaves_the_page(
    lead: Client, old: Project, new: Project
) -> None:
    page = lead.get(f"{DISAGREEMENTS}?step=3&page=2").content.decode()
    assert f'href="{DISAGREEMENTS}?step=3&amp;project={new.slug}"' in page
    assert f'href="{DISAGREEMENTS}?step=3&amp;project=" aria-current="true"' in page


def test_the_guideline_of_annotators_and_an_item_to_adjudicate_have_the_switch_too(
    lead: Client, old: Project, new: Project
) -> None:
    page = lead.get(f"/guideline/{old.slug}/").content.decode()
    assert f'<a href="/guideline/{new.slug}/"' in page
    page = lead.get(f"/adjudication/{make_item(old).pk}/").content.decode()
    assert f'<a href="/adjudication/?project={new.slug}"' in page


def test_adjudication_and_flags_list_one_project_or_all(
    lead: Client, old: Project, new: Project
) -> None:
    person = make_user(Role.LEAD)
    for project in (old, new):
        flag_raise(item=make_item(project), person=person, reason=f"look at {project.slug}")
    one = lead.get(f"/flags/?project={old.slug}").content.decode()
    assert f"look at {old.slug}" in one
    assert f"look at {new.slug}" not in one
    assert f"look at {new.slug}" in lead.get("/flags/").content.decode()
    QueueItem.objects.update(state=QueueItem.State.SPLIT)
    listed = lead.get(f"/adjudication/?project={new.slug}").context["items"]
    assert {item.project for item in listed} == {new}
    assert {item.project for item in lead.get("/adjudication/").context["items"]} == {old, new}


def test_the_page_of_an_item_leads_to_the_other_project_s_dashboard(
    lead: Client, old: Project, new: Project
) -> None:
    page = lead.get(f"/quality/items/{make_item(old).pk}/").content.decode()
    assert f'href="{QUALITY}?project={new.slug}"' in page
    switched = lead.get(f"{QUALITY}?project={new.slug}")
    assert switched.headers["Location"] == dashboard(new)


def test_exports_are_one_project_s_and_a_new_one_is_of_the_project_shown(
    lead: Client, old: Project, new: Project
) -> None:
    def export(project: Project) -> ExportJob:
        return export_job_create(
            project=project, format="labels", filter={}, user=make_user(Role.LEAD)
        )

    of_old, _of_new = export(old), export(new)
    page = lead.get(f"{EXPORTS}?project={old.slug}")
    assert list(page.context["page"]) == [of_old]
    assert f'name="project" value="{old.slug}"' in page.content.decode()


def test_one_project_alone_is_named_and_not_switched(lead: Client, old: Project) -> None:
    page = lead.get(dashboard(old)).content.decode()
    assert "<details" not in page[: page.index('class="tabs"')]
    assert old.name in page


def test_an_unknown_project_is_not_shown_as_another_one(lead: Client, old: Project) -> None:
    for url in (QUALITY, PROGRESS, EXPORTS, DISAGREEMENTS):
        assert lead.get(f"{url}?project=nowhere").status_code == 404
