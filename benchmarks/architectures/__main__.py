"""Print how much of each architecture is imported, and what prevents the rest."""

from __future__ import annotations

from collections import Counter

from benchmarks.architectures import ALL, verdict

verdicts = {name: verdict(make) for name, make in ALL.items()}
shares = Counter(found.share for found in verdicts.values())
for share in ("as it is", "with rewrites", "refused"):
    print(f"{share:14}{shares[share]:4}  {shares[share] / len(ALL):4.0%}")
print(f"{'all':14}{len(ALL):4}\n")
obstacles = Counter(why for found in verdicts.values() for why in found.obstacles)
for why, count in obstacles.most_common():
    print(f"{count:4}  {why}")
