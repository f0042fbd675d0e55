"""Routes of the webhooks API."""

from django.urls import path

from byhand.webhooks import api

urlpatterns = [
    path("webhooks/", api.Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<uuid:endpoint_id>/", api.Webhook.as_view(), name="api-webhook"),
    path("webhooks/<uuid:endpoint_id>/rotate", api.Rotate.as_view(), name="api-webhook-rotate"),
    path("webhooks/<uuid:endpoint_id>/test", api.Test.as_view(), name="api-webhook-test"),
    path("webhooks/<uuid:endpoint_id>/deliveries/", api.Deliveries.as_view(), name="api-webhook-deliveries"),
    path("deliveries/<uuid:delivery_id>/", api.DeliveryDetail.as_view(), name="api-delivery"),
    path("deliveries/<uuid:delivery_id>/redeliver", api.Redeliver.as_view(), name="api-redeliver"),
]
