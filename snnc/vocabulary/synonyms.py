"""Which word of the language a word of another library stands for.

Words are looked up as `normal` spells them: without capitals and underscores, and
without what only says that a number follows, as in `num_filters`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from snnc.diagnostics import Fix
from snnc.diagnostics.near import nearest_spelling, only_near
from snnc.source import Span

# Words with the same meaning: `--fix` replaces them.
_SAME = {
    "adamw": "adam_w",
    "batch": "batch_size mini_batch mini_batch_size",
    "batchnorm": "batch_norm batch_normalization batch_normalisation bn",
    "beta_1": "beta1",
    "beta_2": "beta2",
    "bias": "use_bias",
    "cross_entropy": "categorical_crossentropy crossentropy crossentropyloss "
    "sparse_categorical_crossentropy softmax_cross_entropy",
    "dropout": "dropout_rate drop_rate dropout_prob drop_prob",
    "epochs": "epoch",
    "epsilon": "eps",
    "filters": "out_channels output_channels",
    "focal": "focal_loss",
    "kernel": "kernel_size kernel_shape filter_size ksize",
    "learning_rate": "lr",
    "loss": "loss_fn loss_function criterion",
    "mse": "mean_squared_error mseloss",
    "neuron": "activation activation_function neuron_type neuron_model nonlinearity",
    "optimizer": "optim opt",
    "padding": "border_mode",
    "seed": "random_seed random_state",
    "stride": "strides",
    "synapse": "tau_syn tau_synapse",
    "tau_rc": "tau_m tau_mem tau_membrane membrane_time_constant",
    "tau_ref": "t_ref tau_refrac tau_refractory refractory refractory_period",
    "units": "out_features",
    "validation": "validation_split val_split validation_fraction",
    "window": "pool pool_size",
}
# Words that may mean one of the language, and which.
_NEARBY = {
    "adam": "nadam adamax adagrad adadelta rmsprop radam lion ftrl lamb",
    "aware": "quantization_aware quantisation_aware qat hardware_aware",
    "batchnorm": "norm normalization normalisation normalize",
    "beta_1": "beta betas",
    "block": "block_shape block_size tile",
    "chip": "loihi core device on_chip",
    "classes": "labels outputs names class_names label_names",
    "constant": "none off fixed",
    "conv": "conv1d conv2d conv3d",
    "cores": "max_cores",
    "cosine": "cosine_decay cosine_annealing cosineannealinglr",
    "cross_entropy": "ce nll nllloss nll_loss bce bce_loss binary_crossentropy kld kl "
    "kl_divergence ce_rate_loss ce_count_loss",
    "decide": "decision decode decoder reduction mode readout_mode vote",
    "dropout": "drop p",
    "dt": "timestep time_step delta_t step step_size",
    "epochs": "max_epochs",
    "factor": "kernel kernel_size pool pool_size window stride strides size scale "
    "scale_factor ratio by",
    "filters": "channels features outputs out units width hidden n neurons",
    "host": "cpu gpu off_chip node",
    "kernel": "k size window",
    "label_smoothing": "smoothing",
    "l2": "weight_decay l2_reg reg regularization regularizer",
    "last": "final end",
    "learning_rate": "eta step_size rate alpha",
    "lif": "leaky alif plif adlif cuba cubalif lapicque synaptic soft_lif lif_rate "
    "adaptive_lif parametric_lif lifcell",
    "loss": "objective cost",
    "mean": "max sum average avg count vote majority rate spikes membrane",
    "mse": "mae l1 l2 huber smooth_l1 rmse mean_absolute_error logcosh mse_count_loss",
    "nengo": "nengo_dl nengo_ocl nengo_loihi simulator emulator sim",
    "neuron": "act",
    "optimizer": "algorithm method solver",
    "padding": "pad",
    "place": "placement location device on_chip",
    "present": "duration time t sim_time simulation_time presentation "
    "presentation_time present_time run_time window time_window length",
    "rate": "rates hz frequency firing_rate firing_rates max_rate max_rates spike_rate "
    "target_rate",
    "pop": "pop_type",
    "rate_weight": "rate_reg rate_regularization spike_regularization "
    "activity_regularizer",
    "relu": "if integrate_and_fire spiking_relu rectified_linear relurate "
    "spiking_rectified_linear",
    "same": "zeros half",
    "sgd": "sgdm momentum nesterov",
    "schedule": "lr_schedule lr_scheduler scheduler learning_rate_schedule lr_decay "
    "decay annealing",
    "shortcut": "skip residual skip_connection shortcut_from add",
    "stride": "step subsample factor pool_stride",
    "synapse": "tau tau_s tau_out",
    "tau_rc": "tau tau_v",
    "units": "hidden hidden_units hidden_size size width neurons nodes features "
    "outputs output_dim n filters",
    "valid": "none off",
    "validation": "val valid",
    "window": "kernel kernel_size size factor",
}
# Layers and blocks of other libraries, as `snnc.rules.foreign.plain` spells them.
_KINDS = {
    "avgpool": "averagepool averagepooling avgpooling",
    "concat": "concatenate cat",
    "dense": "fc fullyconnected linear",
    "encode": "encoder",
    "input": "inputlayer",
    "readout": "output outputlayer",
}
_LIKELY_KINDS = {
    "about": "title description doc docstring",
    "add": "residual skip sum plus skipconnection residualblock resblock",
    "avgpool": "adaptiveavgpool pool pooling average mean meanpool",
    "concat": "join stack merge",
    "conv2d": "conv convolution cnn",
    "conv3d": "conv4d",
    "defaults": "config settings options params parameters",
    "dense": "ensemble population hidden hiddenlayer layer mlp",
    "encode": "poisson spikegen ratecoding encoding",
    "input": "data dataset node",
    "readout": "out logits classifier head predictions decoder",
    "target": "device board hardware chip backend",
    "timing": "time simulation",
    "train": "fit training compile hyperparameters",
}

_COUNT = re.compile(r"^(n|num|nb|no|number_of)_(?=.)")


def normal(word: str) -> str:
    """A word in the spelling of the tables: `num_Filters` is `filters`."""
    return _without_count(word).replace("_", "")


def _without_count(word: str) -> str:
    return _COUNT.sub("", word.lower())


def _by_word(table: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The words of the language that each other one stands for."""
    found: dict[str, tuple[str, ...]] = {}
    for ours, others in table.items():
        for other in others.split():
            key = normal(other)
            found[key] = (*found.get(key, ()), ours)
    return found


_SAME_BY_WORD = _by_word(_SAME)
_NEARBY_BY_WORD = _by_word(_NEARBY)
_KIND_BY_WORD = _by_word(_KINDS)
_LIKELY_KIND_BY_WORD = _by_word(_LIKELY_KINDS)


def known_kind(word: str, legal: Iterable[str]) -> tuple[str | None, bool]:
    """The kind of statement that another library's word names, and if that is sure."""
    from snnc.rules.foreign import plain  # a good spec need not wait for it

    lower, key = word.lower().replace("_", ""), plain(word)
    for sure in (lower, key):
        if sure in legal:
            return sure, True
    if key in _KIND_BY_WORD:
        return _KIND_BY_WORD[key][0], True
    bare = key.rstrip("0123456789")
    likely = _LIKELY_KIND_BY_WORD.get(key) or _KIND_BY_WORD.get(bare)
    return (likely[0], False) if likely else (None, False)


def same_key(word: str, legal: Iterable[str]) -> str | None:
    """The legal word with the same meaning as another library's."""
    legal = tuple(legal)
    key = normal(word)
    by_spelling = {normal(other): other for other in legal}
    if key in by_spelling:
        return by_spelling[key]
    return next((ours for ours in _SAME_BY_WORD.get(key, ()) if ours in legal), None)


def nearby_key(word: str, legal: Iterable[str]) -> str | None:
    """The first legal word that another library's may stand for here."""
    meant = _NEARBY_BY_WORD.get(normal(word), ())
    return next((ours for ours in legal if ours in meant), None)


def nearest(word: str, legal: Iterable[str]) -> str | None:
    """The one legal word that a word is most likely meant to be."""
    legal = tuple(legal)
    meant = same_key(word, legal) or nearby_key(word, legal)
    return meant or nearest_spelling(_without_count(word), legal)


def fix_word(span: Span, word: str, legal: Iterable[str]) -> Fix | None:
    """Replace a word by the legal one, if there is no doubt which is meant."""
    legal = tuple(legal)
    if other := same_key(word, legal):
        return Fix(span, other)
    if nearby_key(word, legal):
        return None
    near = only_near(_without_count(word), legal)
    return None if near is None else Fix(span, near)
