"""Routes of the annotation API."""

from django.urls import path

from annotation.api import drafts, exports, imports, items, projects, quality, reviews, setup, work

urlpatterns = [
    path("work/<uuid:project_id>/", work.WorkState.as_view(), name="api-work"),
    path("work/<uuid:project_id>/join", work.Join.as_view(), name="api-work-join"),
    path("work/<uuid:project_id>/begin", work.Begin.as_view(), name="api-work-begin"),
    path("work/<uuid:project_id>/accept", work.Accept.as_view(), name="api-work-accept"),
    path("work/<uuid:project_id>/start", work.Start.as_view(), name="api-work-start"),
    path("work/<uuid:project_id>/next", work.Next.as_view(), name="api-work-next"),
    path("work/<uuid:project_id>/submit", work.Submit.as_view(), name="api-work-submit"),
    path("work/<uuid:project_id>/replace", work.Replace.as_view(), name="api-work-replace"),
    path("work/<uuid:project_id>/drafts/<uuid:lease_id>", drafts.WorkDraft.as_view(), name="api-work-draft"),
    path("work/<uuid:project_id>/skip", work.SkipItem.as_view(), name="api-work-skip"),
    path("work/<uuid:project_id>/offer", setup.WorkOffer.as_view(), name="api-work-offer"),
    path("work/<uuid:project_id>/warning", setup.WorkWarning.as_view(), name="api-work-warning"),
    path(
        "work/<uuid:project_id>/qualification",
        setup.WorkQualification.as_view(),
        name="api-work-qualification",
    ),
    path("projects/", projects.Projects.as_view(), name="api-projects"),
    path("projects/<uuid:project_id>/", projects.ProjectDetail.as_view(), name="api-project"),
    path("projects/<uuid:project_id>/items/", items.Items.as_view(), name="api-items"),
    path("projects/<uuid:project_id>/items/<int:item_id>/", items.ItemDetail.as_view(), name="api-item"),
    path(
        "projects/<uuid:project_id>/items/<int:item_id>/review",
        items.ItemReview.as_view(),
        name="api-item-review",
    ),
    path("projects/<uuid:project_id>/ballots/", items.Ballots.as_view(), name="api-ballots"),
    path("projects/<uuid:project_id>/prompts/", items.Prompts.as_view(), name="api-prompts"),
    path("projects/<uuid:project_id>/generations/", items.Generations.as_view(), name="api-generations"),
    path("projects/<uuid:project_id>/progress/", projects.Progress.as_view(), name="api-progress"),
    path("projects/<uuid:project_id>/pause", projects.Pause.as_view(), name="api-project-pause"),
    path("projects/<uuid:project_id>/close", projects.Close.as_view(), name="api-project-close"),
    path("projects/<uuid:project_id>/setup", setup.Setup.as_view(), name="api-project-setup"),
    path("projects/<uuid:project_id>/pay", setup.Pay.as_view(), name="api-project-pay"),
    path("projects/<uuid:project_id>/pilot", setup.Pilot.as_view(), name="api-project-pilot"),
    path("projects/<uuid:project_id>/measure", setup.Measure.as_view(), name="api-project-measure"),
    path("projects/<uuid:project_id>/documents/", setup.Documents.as_view(), name="api-documents"),
    path("projects/<uuid:project_id>/known/", setup.KnownAnswers.as_view(), name="api-known-answers"),
    path(
        "projects/<uuid:project_id>/known/<int:item_id>", setup.KnownAnswer.as_view(), name="api-known-answer"
    ),
    path(
        "projects/<uuid:project_id>/known/<int:item_id>/retire",
        setup.RetireAnswer.as_view(),
        name="api-known-retire",
    ),
    path("projects/<uuid:project_id>/publish", projects.Publish.as_view(), name="api-project-publish"),
    path("projects/<uuid:project_id>/exports/", exports.ProjectExports.as_view(), name="api-exports"),
    path("exports/<uuid:export_id>/", exports.ExportDetail.as_view(), name="api-export"),
    path("exports/<uuid:export_id>/cancel", exports.CancelExport.as_view(), name="api-export-cancel"),
    path("exports/<uuid:export_id>/downloads", exports.Downloads.as_view(), name="api-export-downloads"),
    path("exports/files/<uuid:download_id>", exports.DownloadFile.as_view(), name="api-export-file"),
    path("projects/<uuid:project_id>/imports/", imports.Imports.as_view(), name="api-imports"),
    path(
        "projects/<uuid:project_id>/imports/<uuid:upload_id>/",
        imports.ImportDetail.as_view(),
        name="api-import",
    ),
    path(
        "projects/<uuid:project_id>/imports/<uuid:upload_id>/source",
        imports.ImportSource.as_view(),
        name="api-import-source",
    ),
    path(
        "projects/<uuid:project_id>/imports/<uuid:upload_id>/reading",
        imports.ImportReading.as_view(),
        name="api-import-reading",
    ),
    path(
        "projects/<uuid:project_id>/imports/<uuid:upload_id>/preview",
        imports.ImportPreview.as_view(),
        name="api-import-preview",
    ),
    path(
        "projects/<uuid:project_id>/imports/<uuid:upload_id>/start",
        imports.ImportStart.as_view(),
        name="api-import-start",
    ),
    path(
        "projects/<uuid:project_id>/imports/<uuid:upload_id>/resume",
        imports.ImportResume.as_view(),
        name="api-import-resume",
    ),
    path(
        "projects/<uuid:project_id>/imports/<uuid:upload_id>/cancel",
        imports.ImportCancel.as_view(),
        name="api-import-cancel",
    ),
    path(
        "projects/<uuid:project_id>/imports/<uuid:upload_id>/problems",
        imports.ImportProblems.as_view(),
        name="api-import-problems",
    ),
    path("projects/<uuid:project_id>/sources/", imports.Sources.as_view(), name="api-sources"),
    path("projects/<uuid:project_id>/quality/", quality.Quality.as_view(), name="api-quality"),
    path("projects/<uuid:project_id>/quality/snapshots/", quality.Snapshots.as_view(), name="api-snapshots"),
    path("projects/<uuid:project_id>/quality/items/", quality.Agreement.as_view(), name="api-agreement"),
    path(
        "projects/<uuid:project_id>/items/<int:item_id>/consensus/",
        quality.ItemConsensus.as_view(),
        name="api-consensus",
    ),
    path(
        "projects/<uuid:project_id>/adjudications/", reviews.Adjudications.as_view(), name="api-adjudications"
    ),
    path("projects/<uuid:project_id>/reviewers/", reviews.Reviewers.as_view(), name="api-reviewers"),
    path(
        "projects/<uuid:project_id>/reviewers/<int:reviewer_id>/end",
        reviews.ReviewerEnd.as_view(),
        name="api-reviewer-end",
    ),
    path("work/<uuid:project_id>/review/", reviews.ReviewState.as_view(), name="api-review"),
    path("work/<uuid:project_id>/review/take", reviews.ReviewTake.as_view(), name="api-review-take"),
    path("work/<uuid:project_id>/review/decide", reviews.ReviewDecide.as_view(), name="api-review-decide"),
    path("work/<uuid:project_id>/review/release", reviews.ReviewRelease.as_view(), name="api-review-release"),
]
