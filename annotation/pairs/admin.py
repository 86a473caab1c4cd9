from __future__ import annotations

from django.contrib import admin

from annotation.models import Pair, Product
from annotation.people.admin_base import NamedValues, RoleAdmin


@admin.register(Product)
class ProductAdmin(RoleAdmin):
    list_display = ("title", "external_id", "category_path", "project")
    list_select_related = ("project",)
    list_filter = ("project",)
    search_fields = ("title", "=external_id")


@admin.register(Pair)
class PairAdmin(RoleAdmin):
    list_display = ("id", "query", "product", "query_type", "split", "gold", "silver")
    list_select_related = ("product",)
    list_filter = ("project", "split", ("query_type", NamedValues))
    search_fields = ("query", "=product__external_id")
