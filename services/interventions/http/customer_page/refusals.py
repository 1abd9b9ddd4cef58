"""The words of the page for the rules that say no."""

from collections.abc import Mapping

from contracts.decisions import Changed
from infra.http.problems import slug_of
from services.interventions import case
from services.interventions.case import answering, visit

OF_REJECTIONS: Mapping[type, str] = {
    answering.RiskNotAcknowledged: "error_risk",
    answering.CodeIsNeeded: "error_code_needed",
    answering.AnswerCodeIsWrong: "error_code_wrong",
    answering.CodeTriedTooOften: "error_code_often",
    answering.CodesAskedTooOften: "error_codes_often",
    answering.NoPhoneForCode: "error_no_phone",
    answering.LinkOnlyReads: "reads_only",
    answering.LinkIsForwarded: "forwarded",
    answering.BrowserKeepsNothing: "error_keeps_nothing",
    answering.NoSuchWork: "error_changed",
    answering.WorkOfOthers: "error_changed",
    answering.NothingToDecide: "error_answered",
    Changed: "error_changed",
    case.CaseIsAnswered: "error_answered",
    visit.VisitIsRated: "error_visit_rated",
}
ERRORS: Mapping[str, str] = {
    "idempotency-key-reused": "error_answered",
    **{slug_of(one): text for one, text in OF_REJECTIONS.items()},
}
"""The page says these of the rules that say no, and one thing of all others."""
OF_CODES = frozenset({"error_code_needed", "error_code_wrong", "error_code_often", "code_sent"})
