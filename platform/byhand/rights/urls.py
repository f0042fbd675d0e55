"""Routes of a person's own data."""

from django.urls import path

from byhand.rights import views

urlpatterns = [
    path("my-data/", views.my_data, name="my_data"),
    path("my-data/copy/", views.ask_copy, name="my_data_copy"),
    path("my-data/copy/<uuid:bundle_id>/", views.fetch_copy, name="my_data_fetch"),
    path("my-data/erase/", views.erase, name="my_data_erase"),
    path("my-data/keep/", views.keep, name="my_data_keep"),
]
