"""Training holds rankings, not people; what points to somebody here is who launched something for an organisation."""

from byhand.rights.registry import left_out

left_out(
    "what you did for an organisation as its engineer is the organisation's; that you did it is in account/acts.jsonl",
    "rewardmodel.PreferenceDataset.created_by", "rewardmodel.Run.launched_by", "rewardmodel.ModelVersion.created_by",
)  # fmt: skip
