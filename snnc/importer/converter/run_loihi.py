"""Has nengo-loihi build a converted network, and tells what it refuses by layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import nengo
import nengo_loihi
from nengo_loihi import splitter
from nengo_loihi.builder import Builder, Model
from nengo_loihi.builder.builder import ValidationLevel
from nengo_loihi.builder.validate import validate_block
from nengo_loihi.passthrough import PassthroughSplit, base_obj

from snnc.importer.converter.ask import words

OBJECTS = (nengo.Connection, nengo.Ensemble, nengo.Node, nengo.Probe)


def refusals(
    net: Any, owners: Mapping[Any, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the words of what is refused, and where the others run, by layers.

    Parameters
    ----------
    net :
        What the Converter made.
    owners :
        The layer of each of its objects.

    Returns
    -------
    refused, places :
        What no layer alone is to blame for stands in ``refused`` under the empty name.
    """
    put_first_neurons_on_host(net)
    record = RefusalRecord(owners)
    model = Model(dt=0.001, builder=record.builder())
    while (error := _attempt(net, model, record)) is not None:
        level = model.validation_level
        if not record.find(error, net, model):
            if not record.refused:
                record.refused[""] = words(error)
            break
        model = Model(dt=0.001, builder=record.builder())
        # What is over the limits of a core is known by then.
        model.validation_level = level if not record.over else ValidationLevel.NONE
    return record.refused, dict(_places(net, model, owners))


def _attempt(net: Any, model: Any, record: RefusalRecord) -> Exception | None:
    """Build all that is not refused yet, and make a step if all is there."""
    kept = splitter.PassthroughSplit
    splitter.PassthroughSplit = record.passthrough_split()
    try:
        with nengo_loihi.Simulator(
            net, model=model, target="sim", progress_bar=False
        ) as simulator:
            if not record.refused and not _tensor_nodes(net):
                simulator.run_steps(1)
    except MemoryError:
        raise
    except Exception as error:
        return error
    finally:
        splitter.PassthroughSplit = kept
    return None


class RefusalRecord:
    """Goes on where nengo-loihi refuses something, and keeps its words by layers."""

    def __init__(self, owners: Mapping[Any, str]) -> None:
        self.owners = dict(owners)
        self.refused: dict[str, str] = {}
        self.merged: dict[Any, list[str]] = {}
        self.failed: set[Any] = set()
        self.over: set[str] = set()

    def refuse(self, obj: Any, error: Exception) -> None:
        names = self.merged.get(obj) or [self.owners.get(obj, "")]
        for name in names:
            self.refused.setdefault(name, words(error))

    def find(self, error: Exception, net: Any, model: Any) -> bool:
        """Find what an error is about; False if that was known, or can't be told."""
        return self._find_operator(error) or self._find_blocks(net, model)

    def _find_operator(self, error: Exception) -> bool:
        """Look for the connection of the host's operator that raised."""
        trace = error.__traceback__
        while trace is not None:
            operator = trace.tb_frame.f_locals.get("self")
            parts = {id(part) for part in getattr(operator, "__dict__", {}).values()}
            for obj in self.owners.keys() - self.failed:
                if isinstance(obj, nengo.Connection) and id(obj.transform) in parts:
                    self.failed.add(obj)
                    self.refuse(obj, error)
                    return True
            trace = trace.tb_next
        return False

    def _find_blocks(self, net: Any, model: Any) -> bool:
        """Have nengo-loihi compare each block with the limits of a core."""
        known = len(self.over)
        for block in model.blocks:
            try:
                validate_block(block)
            except Exception as error:
                self.over.add(str(block))
                for ensemble in net.all_ensembles:
                    if str(ensemble) in str(block):
                        self.refuse(ensemble, error)
        return len(self.over) > known

    def builder(self) -> type[Builder]:
        """Return a builder that leaves out what can't be built."""
        record = self

        class RecordingBuilder(Builder):  # type: ignore[misc]
            @classmethod
            def build(cls, model: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
                if not isinstance(obj, OBJECTS):  # a part of one, such as a transform
                    return super().build(model, obj, *args, **kwargs)
                if record.failed & {obj, *_ends(obj)}:
                    return None
                try:
                    return super().build(model, obj, *args, **kwargs)
                except MemoryError:
                    raise
                except Exception as error:
                    record.failed.add(obj)
                    record.refuse(obj, error)
                    return None

        return RecordingBuilder

    def passthrough_split(self) -> type[PassthroughSplit]:
        """Return a splitter that leaves Nodes that can't be merged on the host."""
        record = self

        class RecordingSplit(PassthroughSplit):  # type: ignore[misc]
            def _split_cluster(self, cluster: Any) -> None:
                known = {record.owners.get(obj, "") for obj in cluster.objs}
                before = set(self.to_add)
                try:
                    super()._split_cluster(cluster)
                except Exception as error:
                    for obj in cluster.objs:
                        record.refuse(obj, error)
                for connection in self.to_add - before:
                    record.merged[connection] = sorted(known)

        return RecordingSplit


def _ends(obj: Any) -> set[Any]:
    if isinstance(obj, nengo.Connection):
        return {base_obj(obj.pre), base_obj(obj.post)}
    return {base_obj(obj.target)} if isinstance(obj, nengo.Probe) else set()


def _tensor_nodes(net: Any) -> bool:
    import nengo_dl

    return any(isinstance(node, nengo_dl.TensorNode) for node in net.all_nodes)


def _places(
    net: Any, model: Any, owners: Mapping[Any, str]
) -> Iterator[tuple[str, str]]:
    split = model.split
    removed = split.passthrough.to_remove if split is not None else set()
    for node in net.all_nodes:
        if ".bias" not in str(node.label):
            merged = "a Node that nengo-loihi merges into connections"
            place = merged if node in removed else "a Node on the host"
            yield owners.get(node, ""), place
    for ensemble in net.all_ensembles:
        side = "host" if net.config[ensemble].on_chip is False else "chip"
        yield owners.get(ensemble, ""), f"neurons on the {side}"


def put_first_neurons_on_host(net: Any) -> None:
    """Put neurons that no others come before on the host, unless all are such."""

    def before(ensemble: Any) -> Iterator[Any]:
        waiting, seen = [ensemble], set()
        while waiting:
            post = waiting.pop()
            for connection in net.all_connections:
                pre = base_obj(connection.pre)
                if base_obj(connection.post) is post and pre not in seen:
                    seen.add(pre)
                    waiting.append(pre)
                    yield pre

    nengo_loihi.add_params(net)
    first = [
        ensemble
        for ensemble in net.all_ensembles
        if not any(isinstance(pre, nengo.Ensemble) for pre in before(ensemble))
    ]
    if len(first) < len(net.all_ensembles):
        for ensemble in first:
            net.config[ensemble].on_chip = False
