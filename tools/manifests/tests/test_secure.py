"""Checkov is heard about the manifests, and where it is not there it is said."""

import json
from pathlib import Path

import pytest

from tools.manifests.__main__ import secure
from tools.manifests.secure import ACCEPTED, said
from tools.outside import ROOT, Absent


def test_a_remark_names_the_object_and_what_is_asked_for() -> None:
    remark = {
        "file_path": "/small.yaml",
        "resource": "Deployment.relais.missions-api",
        "check_id": "CKV_K8S_22",
        "check_name": "Use read-only filesystem",
    }
    output = json.dumps({"results": {"failed_checks": [remark]}})
    [line] = said(output)
    assert line.endswith("missions-api: CKV_K8S_22 Use read-only filesystem")
    assert said(json.dumps([{"results": {"failed_checks": []}}])) == []


def test_a_remark_fails_the_gate_and_an_absent_checkov_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def nobody(_: Path) -> list[str]:
        raise Absent("checkov is not to be had: no way out")

    assert secure(ROOT, lambda _: ["small: missions-api: CKV_K8S_22"]) == 1
    assert secure(ROOT, lambda _: []) == 0
    assert secure(ROOT, nobody) == 0
    assert "nobody remarked on the overlays" in capsys.readouterr().out


def test_what_we_do_otherwise_has_a_reason() -> None:
    assert all(name.startswith("CKV") and reason for name, reason in ACCEPTED.items())
