"""`{% page_texts %}`: the scripts' texts, as JSON beside the page; no script is inline."""

from __future__ import annotations

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString

from annotation.page_texts import page_texts as texts

register = template.Library()


@register.simple_tag
def page_texts() -> SafeString:
    return json_script(texts(), "page-texts")
