"""Routes of the log: C2SP's paths under /log/, and the page that explains them."""

from django.urls import path

from wages.transparency import views

urlpatterns = [
    path("log/", views.page, name="log"),
    path("log/checkpoint", views.checkpoint, name="log_checkpoint"),
    path("log/tile/entries/<path:path>", views.entry_tile, name="log_entry_tile"),
    path("log/tile/<int:level>/<path:path>", views.hash_tile, name="log_tile"),
    path("log/entries/<int:index>", views.entry, name="log_entry"),
    path("log/proof/<int:index>", views.proof, name="log_proof"),
]
