"""Whether checkov, which knows what an installation on Kubernetes should not do, has remarks."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.manifests.conform import built
from tools.outside import ROOT, Locked

CHECKOV = Locked("checkov", ROOT / "tools/manifests/checkov.lock")
ACCEPTED: Mapping[str, str] = {
    "CKV_K8S_11": "a limit of CPU slows a process down while cores idle; requests share them out",
    "CKV_K8S_15": "a release is never another one under the same name; registries may be away",
    "CKV_K8S_35": "settings are environment variables; nobody may look into a pod of these",
    "CKV_K8S_43": "the digest is that of your registry: your overlay names it",
}
"""The checks that we do otherwise, each with its reason."""


def remarks(root: Path) -> Sequence[str]:
    """Its remarks on the overlays of a tree, a line each. Raises `Absent`."""
    program = CHECKOV.installed()
    with TemporaryDirectory(prefix="relais-checkov-") as folder:
        for overlay, made in built(root):
            made.check_returncode()
            (Path(folder) / f"{overlay}.yaml").write_text(made.stdout)
        command = [str(program), "--directory", folder, "--framework", "kubernetes"]
        options = ["--output", "json", "--quiet", "--compact", f"--skip-check={','.join(ACCEPTED)}"]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    return said(done.stdout)


def said(output: str) -> Sequence[str]:
    """The remarks in what checkov prints: the check, the object, and what it asks for."""
    found = json.loads(output)
    reports = found if isinstance(found, list) else [found]
    return sorted(
        f"{one['file_path']}: {one['resource']}: {one['check_id']} {one['check_name']}"
        for report in reports
        for one in report.get("results", {}).get("failed_checks", ())
    )
