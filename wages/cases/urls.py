"""Routes of statements, claims, disputes and proposed cuts."""

from django.urls import path

from wages.views import admin_time, cases, my_cases, statements

CASES = "pay/<uuid:project_id>/cases/"
CASE = f"{CASES}<int:case_id>/"
ABOUT = "cases/about/<slug:what>/<int:row_id>/"
STATEMENT = "statements/<int:statement_id>/"

urlpatterns = [
    path("statements/", statements.my_statements, name="my_statements"),
    path(STATEMENT, statements.my_statement, name="my_statement"),
    path(f"{STATEMENT}statement.json", statements.my_statement_json, name="my_statement_json"),
    path(f"{STATEMENT}answer/", statements.my_statement_answer, name="my_statement_answer"),
    path("cases/", my_cases.my_cases, name="my_cases"),
    path("cases/claim/", my_cases.claim, name="my_claim"),
    path("cases/begin/<uuid:project_id>/", admin_time.begin, name="my_admin_begin"),
    path("cases/inbox/<uuid:project_id>/", admin_time.read_inbox, name="my_inbox_read"),
    path(ABOUT, my_cases.my_dispute, name="my_dispute"),
    path(f"{ABOUT}open/", my_cases.dispute, name="my_dispute_open"),
    path("cases/<int:case_id>/", my_cases.my_case, name="my_case"),
    path("cases/<int:case_id>/say/", my_cases.say, name="my_case_say"),
    path("cases/<int:case_id>/appeal/", my_cases.appeal, name="my_case_appeal"),
    path("cases/<int:case_id>/object/", my_cases.objection, name="my_case_object"),
    path("pay/<uuid:project_id>/reverse/", cases.propose, name="pay_reverse"),
    path("pay/<uuid:project_id>/statements/", cases.pay_statements, name="pay_statements"),
    path(CASES, cases.pay_cases, name="pay_cases"),
    path(CASE, cases.pay_case, name="pay_case"),
    path(f"{CASE}decide/", cases.decide, name="pay_case_decide"),
    path(f"{CASE}apply/", cases.apply, name="pay_case_apply"),
    path(f"{CASE}say/", cases.say, name="pay_case_say"),
]
