"""Advice for properties of other libraries that have no counterpart in snnc.

The properties are from Keras, Nengo, and PyTorch with its libraries. Words with a
counterpart are in `snnc.vocabulary.foreign_keywords`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from snnc.language.keywords import FORMS
from snnc.language.model import SCOPES
from snnc.text.near import normal


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Words with the same meaning, and what to write instead.

    Attributes
    ----------
    words
        The words, as other libraries spell them.
    advice
        The advice: a template for the ``word``, the ``owner`` of the property and its
        ``value``.
    usual
        The example to show if the value has another type.
    owners
        Statements and choices in which the words have this meaning; empty for all.
    """

    words: str
    advice: str
    usual: str = ""
    owners: str = ""


_LAYERS = " ".join(kind for kind, form in FORMS.items() if form.sources != "none")
_SPIKING = " ".join((*SCOPES, "defaults"))
_COUNTERPARTS = (
    Counterpart(
        "early_stopping early_stop patience",
        "remove it; to stop early, run the package's `train` with `--patience {value}`",
        usual="5",
    ),
    Counterpart(
        "callbacks hooks checkpoint model_checkpoint save_best restore_best_weights "
        "resume tensorboard",
        "remove it: the package's `train` has `--patience` and `--resume`, and takes"
        " Keras callbacks in Python",
    ),
    Counterpart(
        "metrics metric",
        "remove it: `evaluate` prints the accuracy",
    ),
    Counterpart("verbose progress", "remove it: `train` shows its progress"),
    Counterpart(
        "shuffle", "remove it: examples are shuffled in every epoch, with `seed`"
    ),
    Counterpart(
        "sample_weight sample_weights loss_weights pos_weight",
        "remove it: `class_weight balanced` gives all classes the same total weight, "
        "and `loss focal` favours hard examples",
    ),
    Counterpart(
        "steps steps_per_epoch iterations max_steps",
        "remove it: an epoch uses all examples once; write `epochs 20`",
        owners="train",
    ),
    Counterpart(
        "data dataset train_data validation_data test_data test_split data_path",
        "remove it: the package's `train` and `evaluate` take `--data FILE`",
    ),
    Counterpart(
        "augment augmentation data_augmentation transforms",
        "remove it: augment in a `tf.data.Dataset`, which the package's `train()` "
        "takes",
    ),
    Counterpart(
        "gradient_clip gradient_clipping grad_clip clip clipnorm clipvalue "
        "global_clipnorm max_grad_norm",
        "remove it: gradients are not clipped; a smaller `learning_rate` makes "
        "training steadier",
    ),
    Counterpart(
        "warmup warmup_steps warmup_epochs",
        "write `schedule cosine`, which begins at the full `learning_rate`",
        owners="train adam adamw sgd",
    ),
    Counterpart(
        "device gpu gpus cuda accelerator strategy workers",
        "remove it: TensorFlow uses a GPU if there is one; `--strategy mirrored` of"
        " the package's `train` uses several",
        owners="train",
    ),
    Counterpart(
        "mixed_precision amp precision dtype bits quantize quantization",
        "remove it: Keras trains with 32 bits, and the chip stores weights with 8",
        owners="train",
    ),
    Counterpart("bptt", "remove it: rates are trained, so there is no time to unroll"),
    Counterpart("from_logits", "remove it: the loss takes the readout's logits"),
    Counterpart("amsgrad", "remove it: `adam` and `adamw` do not support AMSGrad"),
    Counterpart(
        "simulator backend hardware board device host",
        "remove it: `--simulator` of the package's `evaluate` selects the simulator",
        owners="target timing",
    ),
    Counterpart("version", "remove it: snnc compiles for Loihi 1", owners="target"),
    Counterpart(
        "allocator snips precompute remove_passthrough",
        "remove it: it is an option of `nengo_loihi.Simulator`, not of the network",
    ),
    Counterpart(
        "coding encoding method mode type",
        "remove it, and write `encode rate` or `encode conv`",
        owners="encode",
    ),
    Counterpart(
        "activation neuron neuron_type percentile block place",
        "remove it: an encoder has `relu` neurons on the host",
        owners="encode",
    ),
    Counterpart(
        "synapse tau_syn",
        "write `synapse {value}` in the layer that reads the encoder",
        usual="5 ms",
        owners="encode",
    ),
    Counterpart(
        "l2 kernel_regularizer weight_decay",
        "remove it: `l2` in `train` applies to every kernel, including this one",
        owners="encode readout",
    ),
    Counterpart(
        "bias use_bias", "remove it: a readout always has a bias", owners="readout"
    ),
    Counterpart(
        "activation neuron rate percentile batchnorm place block kernel stride padding",
        "remove it: the readout is linear, has no neurons, and runs on the host",
        owners="readout",
    ),
    Counterpart(
        "dropout dropout_rate",
        "write `dropout {value}` in the layer before the readout",
        usual="0.2",
        owners="readout",
    ),
    Counterpart(
        "padding ceil_mode",
        "remove it: an average has no padding",
        owners="avgpool",
    ),
    Counterpart("mode type", "remove it: `avgpool` averages", owners="avgpool"),
    Counterpart(
        "rate neuron activation filters units bias batchnorm dropout l2 percentile "
        "place synapse block",
        "remove it: a pool has no neurons and no weights",
        owners="avgpool",
    ),
    Counterpart(
        "padding mode interpolation",
        "remove it: a `downsample` is a convolution whose kernel and stride are "
        "`factor`",
        owners="downsample",
    ),
    Counterpart(
        "tau_syn tau_synapse tau_s synapse alpha",
        "write `synapse 5 ms` next to `neuron`: it filters the layer's input",
        owners="lif",
    ),
    Counterpart(
        "tau",
        "write `neuron lif {{ tau_rc 20 ms }}` for the membrane, or `synapse 5 ms`"
        " for the layer's input",
        owners=_SPIKING,
    ),
    Counterpart(
        "pool pooling pool_size",
        "write `avgpool {{ window 2 }}` on its own line after the layer",
        owners="conv1d conv2d conv3d dense",
    ),
    Counterpart("lif relu", "write `neuron {word}`", owners=_SPIKING),
    Counterpart("host chip", "write `place {word}`", owners=_SPIKING),
    Counterpart("betas", "write `beta_1 0.9, beta_2 0.999`", owners="adam adamw"),
    Counterpart(
        "betas", "write `optimizer adam {{ beta_1 0.9, beta_2 0.999 }}`", owners="train"
    ),
    Counterpart(
        "decay lr_decay",
        "write `schedule cosine` in `train`, not in the optimizer",
        owners="adam adamw sgd",
    ),
    Counterpart(
        "threshold v_threshold spike_threshold",
        "remove it: the threshold is 1, and `rate` sets how often the neurons fire",
    ),
    Counterpart(
        "reset reset_mechanism reset_mode reset_delay v_reset v_init initial_state "
        "min_voltage init_hidden",
        "remove it: a neuron begins at 0, and returns to 0 after a spike",
    ),
    Counterpart(
        "surrogate spike_grad surrogate_function surrogate_gradient surrogate_disable",
        "remove it: training follows the neurons' rate curve, and needs no surrogate",
    ),
    Counterpart(
        "trainable requires_grad frozen freeze learn_beta learn_threshold learn_tau",
        "remove it: training changes all kernels and biases and nothing else",
    ),
    Counterpart(
        "gain max_rates intercepts radius amplitude encoders eval_points "
        "scale_firing_rates",
        "remove it: gains follow from the upper `rate`, which corresponds to an "
        "activation of 1",
    ),
    Counterpart(
        "bits weight_bits weight_precision quantize quantise quantization "
        "quantisation precision dtype",
        "remove it: the chip stores every weight with 8 bits",
    ),
    Counterpart(
        "kernel_initializer bias_initializer initializer init weight_init kernel_init",
        "remove it: kernels begin with Keras's `HeUniform`, biases with zeros",
    ),
    Counterpart(
        "kernel_regularizer", "write `l2 1e-4`, the factor of the squared kernel"
    ),
    Counterpart(
        "l1 l1_l2 bias_regularizer kernel_constraint bias_constraint max_norm "
        "weight_norm",
        "remove it, or write `l2 1e-4`, the only penalty on kernels",
    ),
    Counterpart(
        "activity_regularizer",
        "remove it: training scales each layer into its `rate`",
    ),
    Counterpart(
        "input_shape input_dim input_size input_channels batch_input_shape in_channels "
        "in_features fan_in",
        "remove it: the shape of a layer follows from its input",
    ),
    Counterpart("data_format", "remove it: channels are always last"),
    Counterpart("padding_mode", "write `padding same`, which pads with zeros"),
    Counterpart(
        "name",
        "write it after the kind: `{owner} {value}`",
        usual="c0",
        owners=_LAYERS,
    ),
    Counterpart(
        "source inputs from_layer reads parent prev previous inbound",
        "write `from {value}` before the block",
        usual="c0",
        owners=_LAYERS,
    ),
    Counterpart(
        "recurrent return_sequences return_state stateful unroll bidirectional",
        "remove it: no layer reads its own past; `conv3d` can have time on its depth"
        " axis",
    ),
    Counterpart(
        "time_distributed",
        "remove it: a `conv3d` with time on its depth axis reads several frames",
    ),
    Counterpart(
        "weights weight weight_file pretrained",
        "remove it: weights are in a separate file, which the package's programs read "
        "with `--weights`",
    ),
    Counterpart(
        "spiking", "remove it: convolutions, `downsample` and `dense` spike already"
    ),
    Counterpart(
        "compartments synapses axons",
        "remove it: snnc finds the blocks with the fewest cores, or `block` sets them",
    ),
    Counterpart(
        "keep_prob",
        "write `dropout 0.2`, the fraction that is dropped: 1 minus the fraction that "
        "is kept",
    ),
)


def _by_owner() -> Mapping[str, Mapping[str, Counterpart]]:
    found: dict[str, dict[str, Counterpart]] = {}
    for counterpart in _COUNTERPARTS:
        for owner in counterpart.owners.split() or ("",):
            for word in counterpart.words.split():
                found.setdefault(owner, {}).setdefault(normal(word), counterpart)
    return found


_BY_OWNER = _by_owner()


def own_counterpart(word: str, owner: str) -> Counterpart | None:
    """Return the meaning of a word in a statement, or in a choice such as ``adam``."""
    found = (_BY_OWNER.get(part, {}).get(normal(word)) for part in owner.split())
    return next(filter(None, found), None)


def counterpart(word: str) -> Counterpart | None:
    """Return the meaning of a word in any statement."""
    return _BY_OWNER[""].get(normal(word))
