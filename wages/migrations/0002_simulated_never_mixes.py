"""Composite foreign keys: whatever carries `simulated`, a currency or a project agrees with what it points to."""

from django.db import migrations


def agree(name: str, table: str, columns: str, target: str, target_columns: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target} ({target_columns})",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("wages", "0001_initial"), ("accounts", "0002_simulated_never_changes")]
    operations = [
        agree("paidproject_organisation_simulated", "wages_paidproject", "organisation_id, simulated",
              "accounts_organisation", "id, simulated"),
        agree("ledgeraccount_project_simulated", "wages_ledgeraccount", "project_id, currency, simulated",
              "wages_paidproject", "id, currency, simulated"),
        agree("ledgeraccount_worker_simulated", "wages_ledgeraccount", "worker_id, simulated",
              "accounts_user", "id, simulated"),
        agree("entry_project_simulated", "wages_entry", "project_id, simulated", "wages_paidproject", "id, simulated"),
        agree("posting_entry_simulated", "wages_posting", "entry_id, simulated", "wages_entry", "id, simulated"),
        agree("posting_account_simulated", "wages_posting", "account_id, currency, simulated",
              "wages_ledgeraccount", "id, currency, simulated"),
        agree("clock_worker_simulated", "wages_workerclock", "worker_id, simulated", "accounts_user", "id, simulated"),
        agree("clock_project_simulated", "wages_workerclock", "project_id, simulated",
              "wages_paidproject", "id, simulated"),
        agree("interval_worker_simulated", "wages_interval", "worker_id, simulated", "accounts_user", "id, simulated"),
        agree("interval_project_simulated", "wages_interval", "project_id, simulated",
              "wages_paidproject", "id, simulated"),
        agree("interval_rate_card_project", "wages_interval", "rate_card_id, project_id",
              "wages_ratecard", "id, project_id"),
        agree("interval_period_project", "wages_interval", "pay_period_id, project_id", "wages_period", "id, project_id"),
        agree("accrual_rate_card_project", "wages_accrual", "rate_card_id, project_id",
              "wages_ratecard", "id, project_id"),
        agree("accrual_rate_card_hourly", "wages_accrual", "rate_card_id, hourly_micro",
              "wages_ratecard", "id, hourly_micro"),
        agree("accrual_period_project", "wages_accrual", "period_id, project_id", "wages_period", "id, project_id"),
        agree("clock_rate_card_project", "wages_workerclock", "rate_card_id, project_id",
              "wages_ratecard", "id, project_id"),
    ]
