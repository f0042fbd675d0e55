"""Routes of rates, payers, floors and terms, and of the worker's place."""

from django.urls import path

from wages.views import place, rates

PAY = "pay/<uuid:project_id>/"

urlpatterns = [
    path("earnings/place/", place.my_place, name="my_place"),
    path(f"{PAY}rates/", rates.rates, name="pay_rates"),
    path(f"{PAY}rate/", rates.rate, name="pay_rate"),
    path(f"{PAY}bonus/", rates.bonus, name="pay_bonus"),
    path(f"{PAY}payers/", rates.payers_page, name="pay_payers"),
    path(f"{PAY}payer/", rates.payer, name="pay_payer"),
    path(f"{PAY}pool/", rates.pool, name="pay_pool"),
    path(f"{PAY}intermediary/", rates.intermediary, name="pay_intermediary"),
    path(f"{PAY}member/", rates.member, name="pay_member"),
    path(f"{PAY}floors/", rates.floors, name="pay_floors"),
    path(f"{PAY}terms/", rates.set_terms, name="pay_terms"),
]
