"""Volumes, clips, radar and tables."""

from __future__ import annotations

from benchmarks.architectures.net import Net


def c3d() -> Net:  # Tran et al. 2015
    n = Net("c3d", 16, 112, 112, 3)
    n.conv(64, same=True), n.pool((1, 2, 2))
    n.conv(128, same=True), n.pool(), n.conv(256, same=True), n.pool(), n.flat()
    n.dense(4096), n.drop(), n.dense(101, "softmax")
    return n


def voxnet() -> Net:  # Maturana and Scherer 2015
    n = Net("voxnet", 32, 32, 32, 1)
    n.conv(32, 5, "linear", strides=[2, 2, 2]), n.put("LeakyReLU", alpha=0.1)
    n.conv(32, 3, "linear"), n.put("LeakyReLU", alpha=0.1), n.pool(), n.flat()
    n.dense(128), n.dense(40, "softmax")
    return n


def ct_cnn() -> Net:  # Zunair et al. 2020: keras.io, CT scans
    n = Net("ct_cnn", 64, 64, 32, 1)
    for filters in (32, 32, 64):
        n.conv(filters), n.pool(), n.norm()
    n.mean(), n.dense(128), n.drop(0.3), n.dense(1, "sigmoid")
    return n


def hyperspectral() -> Net:  # Hamida et al. 2018
    n = Net("hyperspectral", 103, 5, 5, 1)
    n.conv(20, 3), n.conv(20, (3, 1, 1), strides=[2, 1, 1], same=True)
    n.conv(35, 3), n.flat(), n.dense(9, "softmax")
    return n


def conv_lstm() -> Net:  # Shi et al. 2015
    n = Net("conv_lstm", 8, 32, 32, 1)
    n.put("ConvLSTM2D", filters=8, kernel_size=[3, 3]), n.flat()
    n.dense(4, "softmax")
    return n


def radar_gestures() -> Net:  # range-Doppler maps over time
    n = Net("radar_gestures", 16, 32, 32, 2)
    n.conv_norm(8, same=True), n.pool((1, 2, 2)), n.conv_norm(16, same=True), n.pool()
    n.flat(), n.dense(64), n.drop(), n.dense(8, "softmax")
    return n


def micro_doppler() -> Net:  # Kim and Moon 2016
    n = Net("micro_doppler", 100, 150, 1)
    n.conv(20, 5), n.pool(), n.conv(20, 5), n.pool(), n.conv(20, 5), n.pool()
    n.flat(), n.dense(500), n.dense(7, "softmax")
    return n


def modulation() -> Net:  # O'Shea et al. 2016: kinds of modulation
    n = Net("modulation", 2, 128)
    n.put("Reshape", target_shape=[2, 128, 1])
    n.put("ZeroPadding2D", padding=[[0, 0], [2, 2]])
    n.put("Conv2D", filters=256, kernel_size=[1, 3], activation="relu"), n.drop()
    n.put("ZeroPadding2D", padding=[[0, 0], [2, 2]])
    n.put("Conv2D", filters=80, kernel_size=[2, 3], activation="relu"), n.drop()
    n.flat(), n.dense(256), n.drop(), n.dense(11, "softmax")
    return n


def wifi_csi() -> Net:  # activities from channel states, axes turned
    n = Net("wifi_csi", 90, 250)
    n.put("Permute", dims=[2, 1])
    n.put("Conv1D", filters=32, kernel_size=[5], strides=[2], activation="relu")
    n.put("Conv1D", filters=64, kernel_size=[5], strides=[2], activation="relu")
    n.put("GlobalMaxPooling1D"), n.dense(7, "softmax")
    return n


def wine() -> Net:
    n = Net("wine", 11)
    n.put("Normalization", axis=-1), n.dense(64), n.dense(64), n.dense(1, "linear")
    return n


def churn() -> Net:
    n = Net("churn", 11)
    n.dense(6), n.drop(0.1), n.dense(6), n.dense(1, "sigmoid")
    return n


def iris() -> Net:
    n = Net("iris", 4)
    n.dense(8), n.dense(3, "softmax")
    return n


def self_normalizing() -> Net:  # Klambauer et al. 2017
    n = Net("self_normalizing", 30)
    n.dense(64, "selu"), n.put("AlphaDropout", rate=0.1), n.dense(64, "selu")
    n.dense(2, "softmax")
    return n


def tabular_resnet() -> Net:  # Gorishniy et al. 2021
    n = Net("tabular_resnet", 20)
    x = n.dense(32, "linear")
    for _ in range(2):
        n.at = x
        n.norm(), n.dense(64), n.drop(0.1)
        x = n.add(x, n.dense(32, "linear"))
    n.norm(), n.act(), n.dense(2, "softmax")
    return n


def logistic_regression() -> Net:
    n = Net("logistic_regression", 30)
    n.dense(1, "sigmoid")
    return n


def q_network() -> Net:  # Mnih et al. 2015
    n = Net("q_network", 84, 84, 4)
    n.put("Rescaling", scale=1 / 255), n.conv(32, 8, strides=[4, 4])
    n.conv(64, 4, strides=[2, 2]), n.conv(64, 3), n.flat(), n.dense(512)
    n.dense(6, "linear")
    return n


def policy() -> Net:  # as for simple control tasks
    n = Net("policy", 8)
    n.dense(64, "tanh"), n.dense(64, "tanh"), n.dense(2, "tanh")
    return n


MODELS = (
    c3d, voxnet, ct_cnn, hyperspectral, conv_lstm, radar_gestures, micro_doppler,
    modulation, wifi_csi, wine, churn, iris, self_normalizing, tabular_resnet,
    logistic_regression, q_network, policy,
)  # fmt: skip
