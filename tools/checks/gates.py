"""Every gate over our own sources, by the name of its rule."""

from collections.abc import Mapping

from tools.checks.advisory import advisory
from tools.checks.clocks import clocks
from tools.checks.environment import environment
from tools.checks.imports import circles, independence, layers, purity
from tools.checks.locks import locks
from tools.checks.notices import notices
from tools.checks.problems import problems
from tools.checks.records import paths, records
from tools.checks.shape import shape
from tools.checks.source import Gate
from tools.checks.testing import honest_tests, running_tests, short_tests, telling_tests
from tools.checks.texts import texts
from tools.checks.wording import codes, sentences, splats

GATES: Mapping[str, Gate] = {
    "layers": layers,
    "circles": circles,
    "independence": independence,
    "purity": purity,
    "environment": environment,
    "advisory": advisory,
    "clocks": clocks,
    "shape": shape,
    "codes": codes,
    "sentences": sentences,
    "splats": splats,
    "locks": locks,
    "records": records,
    "paths": paths,
    "notices": notices,
    "texts": texts,
    "problems": problems,
    "short-tests": short_tests,
    "telling-tests": telling_tests,
    "running-tests": running_tests,
    "honest-tests": honest_tests,
}
