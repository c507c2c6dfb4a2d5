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
    "nengo_cifar10": Published("90", NENGO, "blocks by hand"),
    "nengo_cifar10_parts": Published("90", NENGO, "blocks by hand, no layer in parts"),
    "keras_to_loihi": Published("14", NENGO, "blocks by hand"),
    "nxtf_mobile": Published("157", NXTF, "its input is on the chip, soft reset"),
    "mobilenet": Published(
        "16 chips at 80 %", NXTF, "its input is on the chip, soft reset"
    ),
    "slayer_gesture": Published(
        "169, by hand 83", SLAYER, "delays, its input on the chip, weights of few bits"
    ),
    "slayer_nmnist": Published(
        "10", SLAYER, "weights of fewer bits than nengo-loihi can set"
    ),
    "sanafe_gesture": Published("42", SANAFE, "its input is on the chip"),
}
ABOUT = """\
# Core counts compared

Core counts of published benchmark networks: as published, with snnc, and a lower bound
for mappings with equal blocks. snnc's counts equal nengo-loihi's builds. The input runs
on the host. `python -m benchmarks.league` writes this page.

"""
NOTES = """
The lower bound holds for mappings that cut each layer into equal blocks. It is the sum of
what each layer needs alone or, if the search tried all combinations, snnc's own count.

SLAYER's synapses have only as many bits as the trained weights need. nengo-loihi always
uses 8, so SLAYER's N-MNIST network is smaller.

We know of no published count on Loihi for MLPerf Tiny's four networks (`autoencoder`,
`ds_cnn`, `mobilenet_quarter`, `resnet8`), PilotNet, LeNet-5, All-CNN-C, VGG-11 and
ResNet-20. NxTF's tutorial on MNIST (`nxtf_mnist`) prints no count. NxTF's paper has a
network with 14 cores, but that is a different network whose layers are unpublished.

`nengo_cifar10_parts` and `all_cnn_c_parts` are the same networks with some layers split
into parts that `concat` joins. [How the mapper works](mapping.md) explains why they take
fewer cores.
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
        raise ValueError(report.diagnostics[0].render_message())
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
