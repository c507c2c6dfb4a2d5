"""Train the weights that ship with snnc: ``python -m tools.demo_weights``.

``specs/drift.safetensors`` is what `snnc demo` runs before it trains. The weights
depend on the machine, so a test checks their accuracy.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from snnc.interface.demo import drifting_digits
from snnc.interface.objects import load
from snnc.source import spec_path


def main() -> None:
    """Train the network of the demo, and write its weights next to its spec."""
    (x, y), test = drifting_digits()
    target = spec_path("drift.safetensors")
    with TemporaryDirectory() as folder:
        package = load(spec_path("drift.snn")).build(folder)
        weights = Path(folder, target.name)
        package.train(x, y, weights)
        print(package.evaluate(*test, weights, progress=False))
        target.write_bytes(weights.read_bytes())


if __name__ == "__main__":
    main()
