"""Build random networks with nengo-loihi and compare every counter of every block.

Run it from the repository's root as ``python -m benchmarks.oracle --networks 500
--seed 0``, or by ``make oracle``. Specs are drawn by Hypothesis and go the way of a
user's: compiled to a package, which is imported and built for the emulator with random
weights. As many networks again are cut into blocks at random, as no spec can ask for.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections import Counter

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from nengo.exceptions import BuildError  # noqa: E402

from snnc.ir.mapped import MappedNetwork  # noqa: E402
from snnc.passes import Compilation  # noqa: E402
from tests.agreement.built import check_blocks  # noqa: E402
from tests.agreement.features import FEATURES, features_of  # noqa: E402
from tests.agreement.specs import each_spec  # noqa: E402
from tests.loihi.drawing import mappings  # noqa: E402


def packages(networks: int, start: int) -> tuple[Counter[str], Counter[str]]:
    """Check the packages of drawn specs.

    Returns
    -------
    tuple of Counter
        Networks, blocks, cores of the largest network and mismatches; and how many
        networks have each feature.
    """
    found: Counter[str] = Counter()
    features: Counter[str] = Counter()

    def check(text: str, results: Compilation) -> None:
        mapped = results.mapped
        assert mapped is not None
        found.update(networks=1, blocks=mapped.cores)
        found["largest"] = max(found["largest"], mapped.cores)
        features.update(features_of(mapped))
        try:
            check_blocks(mapped)
        except (AssertionError, AttributeError, BuildError) as error:
            found["mismatches"] += 1
            print(f"{text}\n{type(error).__name__}: {error}\n")

    each_spec(check, networks, start)
    return found, features


def cuts(networks: int, start: int) -> Counter[str]:
    """Check mappings of drawn networks with any groups, tiles and forms."""
    found: Counter[str] = Counter()

    @seed(start)
    @settings(
        max_examples=networks,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(mappings())
    def check(mapped: MappedNetwork) -> None:
        found.update(networks=1, blocks=mapped.cores)
        found["largest"] = max(found["largest"], mapped.cores)
        try:
            check_blocks(mapped)
        except (AssertionError, AttributeError, BuildError):
            found["mismatches"] += 1
            print(f"{mapped}\n")

    check()
    return found


def _line(what: str, found: Counter[str], seconds: float) -> str:
    return (
        f"{found['networks']} {what}: {found['blocks']} blocks of 4 counters, at most"
        f" {found['largest']} a network, {found['mismatches']} mismatches,"
        f" {seconds:.0f} s"
    )


def main() -> int:
    """Print a line for the packages, one for the cuts, and what the specs said."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--networks", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    started = time.perf_counter()
    built, features = packages(asked.networks, asked.seed)
    between = time.perf_counter()
    print(_line("generated packages", built, between - started), flush=True)
    cut = cuts(asked.networks, asked.seed)
    print(_line("networks cut at random", cut, time.perf_counter() - between))
    print(f"{len(features)} of {len(FEATURES)} features in the packages:")
    for name in FEATURES:
        print(f"  {features[name]:4} {name}")
    return int(built["mismatches"] + cut["mismatches"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
