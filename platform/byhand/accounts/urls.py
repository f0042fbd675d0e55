"""Routes of accounts pages."""

from django.urls import path

from byhand.accounts import token_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("invitation/<str:token>/", views.invitation, name="invitation"),
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.read_all, name="inbox_read_all"),
    path("inbox/<int:message_id>/read/", views.read_one, name="inbox_read"),
    path("profile/", views.profile, name="profile"),
    path("profile/tokens/", token_views.tokens, name="tokens"),
    path("profile/tokens/<uuid:token_id>/revoke/", token_views.revoke, name="token_revoke"),
]
