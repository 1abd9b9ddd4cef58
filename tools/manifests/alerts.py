"""Whether alert rules fire when they should and not before, and measures are named as is usual."""

import subprocess
from pathlib import Path

from tools.manifests.files import RULES
from tools.outside import Debian

PROMTOOL = Debian("prometheus", "promtool")
PLAYED = RULES.with_name("tests.yaml")


def faults(played: Path = PLAYED, rules: Path = RULES) -> str:
    """The complaints of promtool about the rules and the tests that play them; empty: none.

    Raises `Absent`.
    """
    promtool = PROMTOOL.installed()
    for words in (["check", "rules", str(rules)], ["test", "rules", str(played)]):
        done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stdout + done.stderr
    return ""


def misnamed(exposed: str) -> str:
    """The complaints of promtool about measures in the format of Prometheus; empty: none.

    Raises `Absent`.
    """
    command = [str(PROMTOOL.installed()), "check", "metrics"]
    done = subprocess.run(command, input=exposed, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
