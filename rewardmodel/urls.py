"""Routes of rewardmodel pages."""

from django.urls import path, re_path

from rewardmodel.views import datasets, generate, labor, models, runs

urlpatterns = [
    path("models/", models.index, name="models"),
    path("models/<uuid:model_id>/", models.page, name="model"),
    re_path(r"^models/(?P<digest>[0-9a-fA-F]{64})/labor/?$", labor.page, name="model-labor"),
    path("datasets/", datasets.index, name="datasets"),
    path("datasets/<uuid:dataset_id>/", datasets.page, name="dataset"),
    path("runs/", runs.index, name="runs"),
    path("runs/new/", runs.new, name="run-new"),
    path("runs/<uuid:run_id>/", runs.page, name="run"),
    path("runs/<uuid:run_id>/cancel/", runs.cancel, name="run-cancel"),
    path("projects/<uuid:project_id>/generate/", generate.page, name="generate-candidates"),
]
