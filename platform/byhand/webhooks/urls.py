"""Routes of the webhooks pages."""

from django.urls import path

from byhand.webhooks import views

urlpatterns = [
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/<uuid:endpoint_id>/", views.webhook, name="webhook"),
    path("webhooks/<uuid:endpoint_id>/test/", views.act, {"what": "test"}, name="webhook_test"),
    path("webhooks/<uuid:endpoint_id>/pause/", views.act, {"what": "pause"}, name="webhook_pause"),
    path("webhooks/<uuid:endpoint_id>/resume/", views.act, {"what": "resume"}, name="webhook_resume"),
    path("webhooks/<uuid:endpoint_id>/rotate/", views.act, {"what": "rotate"}, name="webhook_rotate"),
    path("webhooks/<uuid:endpoint_id>/remove/", views.act, {"what": "remove"}, name="webhook_remove"),
    path("webhooks/deliveries/<uuid:delivery_id>/", views.delivery, name="webhook_delivery"),
    path("webhooks/deliveries/<uuid:delivery_id>/again/", views.redeliver, name="webhook_redeliver"),
]
