"""What any connection sees of a source that is an image: rows apart from columns."""

from __future__ import annotations

from snnc.loihi.axis import Axis, Cut, Interval, View


class PlaneLink:
    """The part of a `snnc.loihi.link.Link` that its two axes decide."""

    def __init__(self, rows: Axis, columns: Axis) -> None:
        self.rows = rows
        self.columns = columns

    def rows_seen(self, tile: Interval) -> int:
        return self.rows.seen(tile)

    def columns_seen(self, tile: Interval) -> int:
        return self.columns.seen(tile)

    def row_view(self, tile: Interval) -> View:
        return self.rows.view(tile)

    def column_view(self, tile: Interval) -> View:
        return self.columns.view(tile)

    def rows_alike(self, tiles: Cut) -> range:
        return self.rows.alike(tiles)

    def columns_alike(self, tiles: Cut) -> range:
        return self.columns.alike(tiles)
