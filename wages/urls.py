"""Routes of wages pages."""

from django.urls import path

from wages.cases import urls as case_urls
from wages.rates import urls as rate_urls
from wages.views import (
    clock,
    earnings,
    pay,
    payments,
    payouts,
    periods,
    reservation,
    timeline,
    unknown,
)

urlpatterns = [
    path("clock/beat/", clock.beat, name="clock_beat"),
    path("clock/presence/", clock.presence, name="clock_presence"),
    path("clock/act/", clock.act, name="clock_act"),
    path("clock/break/", clock.take_break, name="clock_break"),
    path("clock/resume/", clock.resume, name="clock_resume"),
    path("clock/stop/", clock.stop, name="clock_stop"),
    path("clock/unknown/<int:interval_id>/", clock.answer_unknown, name="clock_unknown"),
    path("earnings/", earnings.earnings, name="earnings"),
    path("earnings/intervals.csv", earnings.intervals_csv, name="earnings_csv"),
    path("earnings/account/", payments.my_payout_account, name="my_payout_account"),
    path("earnings/payments/", payments.my_payments, name="my_payments"),
    path("earnings/payments/<uuid:line_id>/received/", payments.my_receipt, name="my_receipt"),
    path("timeline/", timeline.my_timeline, name="my_timeline"),
    path("timeline/all.csv", timeline.timeline_csv, name="my_timeline_csv"),
    path("timeline/all.json", timeline.timeline_json, name="my_timeline_json"),
    path("monitoring/", timeline.monitoring_notice, name="monitoring"),
    path("pay/", pay.pay, name="pay"),
    path("pay/<uuid:project_id>/unknown/", unknown.pay_unknown, name="pay_unknown"),
    path("pay/<uuid:project_id>/unknown/ask/", unknown.ask, name="pay_unknown_ask"),
    path("pay/<uuid:project_id>/", pay.pay_project, name="pay_project"),
    *rate_urls.urlpatterns,
    path("pay/<uuid:project_id>/periods/", periods.pay_periods, name="pay_periods"),
    path("pay/<uuid:project_id>/close/", periods.close_period, name="pay_close"),
    path("pay/<uuid:project_id>/journal.csv", periods.journal, name="pay_journal"),
    path("pay/<uuid:project_id>/deposit/", reservation.deposit, name="pay_deposit"),
    path("pay/<uuid:project_id>/deposit/<uuid:deposit_id>/approve/", reservation.approve, name="pay_approve"),
    path("pay/<uuid:project_id>/refund/", reservation.refund, name="pay_refund"),
    path(
        "pay/<uuid:project_id>/refund/<uuid:refund_id>/approve/",
        reservation.approve_refund,
        name="pay_refund_approve",
    ),
    *case_urls.urlpatterns,
    path("pay/<uuid:project_id>/reservation/", reservation.pay_reservation, name="pay_reservation"),
    path("pay/<uuid:project_id>/payouts/", payouts.pay_payouts, name="pay_payouts"),
    path("pay/<uuid:project_id>/payouts/make/", payouts.make, name="pay_batch_make"),
    path("pay/<uuid:project_id>/payouts/evidence/", payouts.settle, name="pay_settle"),
    path("pay/<uuid:project_id>/payouts/fee/<int:receipt_id>/", payouts.refund_fee, name="pay_fee_refund"),
    path("pay/<uuid:project_id>/payouts/<uuid:batch_id>/", payouts.pay_batch, name="pay_batch"),
    path("pay/<uuid:project_id>/payouts/<uuid:batch_id>/approve/", payouts.approve, name="pay_batch_approve"),
    path("pay/<uuid:project_id>/payouts/<uuid:batch_id>/cancel/", payouts.cancel, name="pay_batch_cancel"),
    path(
        "pay/<uuid:project_id>/payouts/<uuid:batch_id>/<slug:layout>.csv", payouts.file, name="pay_batch_file"
    ),
]
