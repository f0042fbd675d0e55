"""The only writers of annotation. Each function may be retried and runs beside itself."""
