"""60 characters, drawn with the fonts that matplotlib has.

A quarter of the fonts is held out: a network is tested on shapes that it has not seen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.study.data import Examples, Split, shuffle

TRAINED = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-BoldOblique"),
    *("DejaVuSansMono", "DejaVuSansMono-BoldOblique", "DejaVuSansMono-Oblique"),
    *("DejaVuSerif-Bold", "DejaVuSerif-BoldItalic", "DejaVuSerif-Italic"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic"),
    *("cmb10", "cmr10", "cmtt10"),
)
HELD_OUT = (
    *("DejaVuSans-Oblique", "DejaVuSansMono-Bold", "DejaVuSerif"),
    *("STIXGeneralBolIta", "cmss10"),
)
# Without l and O, which many fonts draw as I and 0.
CHARACTERS = "123456789ABCDEFGHIJKLMNPQRSTUVWXYZ0abcdefghijkmnopqrstuvwxyz"
SIDE = 24
POINTS = (18, 19, 20)  # sizes of a character, in pixels of an em
PLACES = 2  # at which each is drawn, of each size
SHIFT = 2  # pixels from the middle, at most

SPEC = """snn 1

network characters {
  timing { present 100 ms }
  defaults { rate 20..150 Hz, batchnorm on }
  defaults conv2d { padding same }

  input image 24x24x1 in 0..1
  encode conv { filters 8, kernel 3, stride 2, padding same }

  conv2d a { filters 16 }
  conv2d b { filters 16, shortcut a }
  downsample c { filters 32 }
  conv2d d { filters 32, shortcut c }
  avgpool { window 2 }
  readout character { classes 60 }

  train { epochs 15 }
}
"""


def characters() -> Split:
    """Return 5400 images of 15 fonts to train with, 1800 of 5 others as a test."""
    random = np.random.default_rng(0)
    train, test = (_draw_examples(fonts, random) for fonts in (TRAINED, HELD_OUT))
    return Split(train, test)


def _draw_examples(fonts: tuple[str, ...], random: np.random.Generator) -> Examples:
    x, y = [], []
    for font in fonts:
        for points in POINTS:
            for label, character in enumerate(CHARACTERS):
                glyph = _glyph(font, points, character)
                for shift in random.integers(-SHIFT, SHIFT + 1, (PLACES, 2)):
                    x.append(_place_glyph(glyph, shift))
                    y.append(label)
    return shuffle(np.array(x), np.array(y), random)


def _glyph(font: str, points: int, character: str) -> NDArray[np.uint8]:
    """Return the gray levels of a character, its box and no more."""
    import matplotlib
    from matplotlib.ft2font import FT2Font

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    face = FT2Font(str(folder / f"{font}.ttf"))
    face.set_size(points, 72)
    face.set_text(character)
    face.draw_glyphs_to_bitmap()
    image = np.array(face.get_image())  # a copy: the font owns that one
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _place_glyph(
    glyph: NDArray[np.uint8], shift: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return an image, (SIDE, SIDE, 1), of a glyph not far from its middle."""
    image = np.zeros((SIDE, SIDE, 1), np.float32)
    room = SIDE - np.array(glyph.shape)
    row, column = np.clip(room // 2 + shift, 0, room)
    height, width = glyph.shape
    image[row : row + height, column : column + width, 0] = glyph / 255
    return image
