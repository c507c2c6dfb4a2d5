"""Advice for properties of other libraries that have no counterpart in snnc.

The properties are from Keras, Nengo, and PyTorch with its libraries. Words with a
counterpart are in `snnc.vocabulary.foreign_keywords`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from snnc.language import tree
from snnc.language.keywords import FORMS
from snnc.language.model import SCOPES
from snnc.text.near import normal

_TABLE = """\
early_stopping early_stop patience
    remove it; to stop early, run the package's `train` with `--patience {value:5}`
callbacks hooks checkpoint model_checkpoint save_best restore_best_weights resume
tensorboard
    remove it: the package's `train` has `--patience` and `--resume`, and takes
    Keras callbacks in Python
metrics metric
    remove it: `evaluate` prints the accuracy
verbose progress
    remove it: `train` shows its progress
shuffle
    remove it: examples are shuffled in every epoch, with `seed`
sample_weight sample_weights loss_weights pos_weight
    remove it: `class_weight balanced` gives all classes the same total weight, and
    `loss focal` favours hard examples
train: steps steps_per_epoch iterations max_steps
    remove it: an epoch uses all examples once; write `epochs 20`
data dataset train_data validation_data test_data test_split data_path
    remove it: the package's `train` and `evaluate` take `--data FILE`
augment augmentation data_augmentation transforms
    remove it: augment in a `tf.data.Dataset`, which the package's `train()` takes
gradient_clip gradient_clipping grad_clip clip clipnorm clipvalue global_clipnorm
max_grad_norm
    remove it: gradients are not clipped; a smaller `learning_rate` makes training
    steadier
train adam adamw sgd: warmup warmup_steps warmup_epochs
    write `schedule cosine`, which begins at the full `learning_rate`
train: device gpu gpus cuda accelerator strategy workers
    remove it: TensorFlow uses a GPU if there is one; `--strategy mirrored` of the
    package's `train` uses several
train: mixed_precision amp precision dtype bits quantize quantization
    remove it: Keras trains with 32 bits, and the chip stores weights with 8
bptt
    remove it: rates are trained, so there is no time to unroll
from_logits
    remove it: the loss takes the readout's logits
amsgrad
    remove it: `adam` and `adamw` do not support AMSGrad
target timing: simulator backend hardware board device host
    remove it: `--simulator` of the package's `evaluate` selects the simulator
target: version
    remove it: snnc compiles for Loihi 1
allocator snips precompute remove_passthrough
    remove it: it is an option of `nengo_loihi.Simulator`, not of the network
encode: coding encoding method mode type
    remove it, and write `encode rate` or `encode conv`
encode: activation neuron neuron_type percentile block place
    remove it: an encoder has `relu` neurons on the host
encode: synapse tau_syn
    write `synapse {value:5 ms}` in the layer that reads the encoder
encode readout: l2 kernel_regularizer weight_decay
    remove it: `l2` in `train` applies to every kernel, including this one
readout: bias use_bias
    remove it: a readout always has a bias
readout: activation neuron rate percentile batchnorm place block kernel stride padding
    remove it: the readout is linear, has no neurons, and runs on the host
readout: dropout dropout_rate
    write `dropout {value:0.2}` in the layer before the readout
avgpool: padding ceil_mode
    remove it: an average has no padding
avgpool: mode type
    remove it: `avgpool` averages
avgpool: rate neuron activation filters units bias batchnorm dropout l2 percentile place
synapse block
    remove it: a pool has no neurons and no weights
downsample: padding mode interpolation
    remove it: a `downsample` is a convolution whose kernel and stride are `factor`
lif: tau_syn tau_synapse tau_s synapse alpha
    write `synapse 5 ms` next to `neuron`: it filters the layer's input
SPIKING: tau
    write `neuron lif {{ tau_rc 20 ms }}` for the membrane, or `synapse 5 ms` for
    the layer's input
conv1d conv2d conv3d dense: pool pooling pool_size
    write `avgpool {{ window 2 }}` on its own line after the layer
SPIKING: lif relu
    write `neuron {word}`
SPIKING: host chip
    write `place {word}`
adam adamw: betas
    write `beta_1 0.9, beta_2 0.999`
train: betas
    write `optimizer adam {{ beta_1 0.9, beta_2 0.999 }}`
adam adamw sgd: decay lr_decay
    write `schedule cosine` in `train`, not in the optimizer
threshold v_threshold spike_threshold
    remove it: the threshold is 1, and `rate` sets how often the neurons fire
reset reset_mechanism reset_mode reset_delay v_reset v_init initial_state min_voltage
init_hidden
    remove it: a neuron begins at 0, and returns to 0 after a spike
surrogate spike_grad surrogate_function surrogate_gradient surrogate_disable
    remove it: training follows the neurons' rate curve, and needs no surrogate
trainable requires_grad frozen freeze learn_beta learn_threshold learn_tau
    remove it: training changes all kernels and biases and nothing else
gain max_rates intercepts radius amplitude encoders eval_points scale_firing_rates
    remove it: gains follow from the upper `rate`, which corresponds to an
    activation of 1
bits weight_bits weight_precision quantize quantise quantization quantisation precision
dtype
    remove it: the chip stores every weight with 8 bits
kernel_initializer bias_initializer initializer init weight_init kernel_init
    remove it: kernels begin with Keras's `HeUniform`, biases with zeros
kernel_regularizer
    write `l2 1e-4`, the factor of the squared kernel
l1 l1_l2 bias_regularizer kernel_constraint bias_constraint max_norm weight_norm
    remove it, or write `l2 1e-4`, the only penalty on kernels
activity_regularizer
    remove it: training scales each layer into its `rate`
input_shape input_dim input_size input_channels batch_input_shape in_channels
in_features fan_in
    remove it: the shape of a layer follows from its input
data_format
    remove it: channels are always last
padding_mode
    write `padding same`, which pads with zeros
LAYERS: name
    write it after the kind: `{owner} {value:c0}`
LAYERS: source inputs from_layer reads parent prev previous inbound
    write `from {value:c0}` before the block
recurrent return_sequences return_state stateful unroll bidirectional
    remove it: no layer reads its own past; `conv3d` can have time on its depth axis
time_distributed
    remove it: a `conv3d` with time on its depth axis reads several frames
weights weight weight_file pretrained
    remove it: weights are in a separate file, which the package's programs read
    with `--weights`
spiking
    remove it: convolutions, `downsample` and `dense` spike already
compartments synapses axons
    remove it: snnc finds the blocks with the fewest cores, or `block` sets them
keep_prob
    write `dropout 0.2`, the fraction that is dropped: 1 minus the fraction that is
    kept
"""
"""Words with the same meaning and, indented, what to write instead.

Before a colon are the statements and choices in which the words have this meaning. The
advice is a template for the ``word``, the ``owner`` of the property, and its ``value``
with an example that replaces a value of another type.
"""
_OWNERS = {
    "LAYERS": " ".join(k for k, form in FORMS.items() if form.sources != "none"),
    "SPIKING": " ".join((*SCOPES, "defaults")),
}


def entries_of(table: str) -> Iterator[tuple[str, str]]:
    """Yield the words of each entry, and the indented advice below them."""
    for words, advice in re.findall(
        r"((?:^\S.*\n)+)((?:^ .*\n)+)", table, re.MULTILINE
    ):
        yield words, " ".join(advice.split())


def _by_owner() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for head, advice in entries_of(_TABLE):
        owners, _, words = head.rpartition(":")
        for owner in _OWNERS.get(owners, owners).split() or ("",):
            for word in words.split():
                found.setdefault(owner, {}).setdefault(normal(word), advice)
    return found


_BY_OWNER = _by_owner()


def own_counterpart(word: str, owner: str) -> str | None:
    """Return the advice for a word in a statement, or in a choice such as ``adam``."""
    found = (_BY_OWNER.get(part, {}).get(normal(word)) for part in owner.split())
    return next(filter(None, found), None)


def counterpart(word: str) -> str | None:
    """Return the advice for a word in any statement."""
    return _BY_OWNER[""].get(normal(word))


class _Shown:
    """A value in an advice, whose format is an example of the right type."""

    def __init__(self, value: tree.Value | None) -> None:
        self._value = value

    def __format__(self, example: str) -> str:
        return show_like(self._value, example)


def fill_advice(
    advice: str, word: str, owner: str = "", value: tree.Value | None = None
) -> str:
    """Fill in an advice for a word, and for its value in a statement."""
    return advice.format(word=word, owner=owner, value=_Shown(value))


def show_like(value: tree.Value | None, example: str) -> str:
    """Return a value as written if its type is as in the example, or the example."""
    kinds: tuple[type, ...] = (tree.Number, tree.Dims)
    if ".." in example:
        kinds = (tree.Range,)
    elif " " in example:
        kinds = (tree.Quantity,)
    elif example[:1].isalpha():
        kinds = (tree.Word,)
    if value is None or not isinstance(value, kinds):
        return example
    return value.span.text
