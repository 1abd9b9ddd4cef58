"""Whether the alert rules are well formed, and fire when they should and not before."""

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
