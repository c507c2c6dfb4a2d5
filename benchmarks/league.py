"""Compare the cores of well-known networks with published counts.

Run it from the repository's root as ``python -m benchmarks.league``: it maps the specs
in ``specs/league`` and writes ``docs/league.md``. ``--check`` exits with 1 if that page
would change.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snnc.diagnostics import Diagnostics
from snnc.driver import compile_file
from snnc.ir.mapped import MappedNetwork
from snnc.text.tables import table

HERE = Path(__file__).parents[1]
SPECS = HERE / "specs" / "league"
PAGE = HERE / "docs" / "league.md"
NXTF = "[NxTF](https://arxiv.org/abs/2101.04261)"
SLAYER = "[Intel's SLAYER](https://github.com/intel-nrc-ecosystem/models)"
NENGO = "[nengo-loihi](https://www.nengo.ai/nengo-loihi/examples.html)"
SANAFE = "[SANA-FE](https://github.com/SLAM-Lab/SANA-FE)"


@dataclass(frozen=True, slots=True)
class Published:
    """A published number of cores, its source, and the differences."""

    cores: str
    source: str
    differs: str = ""


PUBLISHED = {
    "nengo_cifar10": Published("90", NENGO, "blocks chosen by hand"),
    "nengo_cifar10_parts": Published(
        "90", NENGO, "blocks chosen by hand, no layer split into parts"
    ),
    "keras_to_loihi": Published("14", NENGO, "blocks chosen by hand"),
    "nxtf_mobile": Published("157", NXTF, "the input is on the chip; soft reset"),
    "mobilenet": Published(
        "16 chips at 80 %", NXTF, "the input is on the chip; soft reset"
    ),
    "slayer_gesture": Published(
        "169, or 83 by hand",
        SLAYER,
        "delays, the input is on the chip, weights with few bits",
    ),
    "slayer_nmnist": Published(
        "10", SLAYER, "weights with fewer bits than nengo-loihi can set"
    ),
    "sanafe_gesture": Published("42", SANAFE, "the input is on the chip"),
}
ABOUT = """\
# Core counts compared

This table lists core counts of benchmark networks: the published count, snnc's count,
and a lower bound for mappings with equal blocks. snnc's counts equal those of
nengo-loihi's builds. The input runs on the host. `python -m benchmarks.league` writes
this page.

"""
NOTES = """
The lower bound holds for mappings that split each layer into equal blocks. It is the
sum of the cores that each layer would need on its own. If the search tried all
combinations, the lower bound is snnc's own count.

SLAYER's N-MNIST network needs fewer cores because SLAYER's synapses have only as many
bits as the trained weights need. nengo-loihi always uses 8 bits.

We know of no published core counts on Loihi for the four networks of MLPerf Tiny
(`autoencoder`, `ds_cnn`, `mobilenet_quarter`, `resnet8`), PilotNet, LeNet-5, All-CNN-C,
VGG-11 and ResNet-20. The MNIST tutorial of NxTF (`nxtf_mnist`) prints no count. The
NxTF paper describes a network with 14 cores, but this is a different network, and its
layers are unpublished.

In `nengo_cifar10_parts` and `all_cnn_c_parts`, some layers are split into parts, and
`concat` joins the parts. [How the mapper works](mapping.md) explains why these networks
need fewer cores.
"""


def rows() -> Iterator[tuple[str, ...]]:
    """Yield one row per network; networks with a published count come first."""
    names = [spec.stem for spec in SPECS.glob("*.snn")]
    for name in sorted(names, key=lambda name: (name not in PUBLISHED, name)):
        mapped = map_spec(name)
        known = PUBLISHED.get(name, Published("", ""))
        yield (
            f"`{name}`",
            known.cores,
            _cores(mapped),
            str(mapped.lower_bound),
            known.source,
            known.differs,
        )


def map_spec(name: str) -> MappedNetwork:
    """Map one network of the league.

    Raises
    ------
    ValueError
        If it does not fit what its spec allows.
    """
    report = Diagnostics()
    made = compile_file(SPECS / f"{name}.snn", report, "place")
    if made is None or made.mapped is None:
        raise ValueError(report.diagnostics[0].message)
    return made.mapped


def _cores(mapped: MappedNetwork) -> str:
    chips = mapped.chips
    return str(mapped.cores) if chips == 1 else f"{mapped.cores} on {chips} chips"


def page() -> str:
    """Return the text of ``docs/league.md``."""
    head = ("network", "published", "snnc", "lower bound", "source", "what differs")
    lines = "\n".join(table(head, list(rows()), right=(1, 2, 3)))
    return f"{ABOUT}{lines}\n{NOTES}"


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true")
    text = page()
    if parser.parse_args().check:
        return int(PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
