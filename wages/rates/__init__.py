"""What a project pays and who pays it: forms, pools, and whether it may be published."""
