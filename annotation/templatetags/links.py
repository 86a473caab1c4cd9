"""Links that came with data, in templates."""

from __future__ import annotations

from django import template

from annotation.cot.links import web_link

register = template.Library()
register.filter(web_link)
