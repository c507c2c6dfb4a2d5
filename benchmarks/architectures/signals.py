"""Signals: speech, EEG, and series of sensors."""

from __future__ import annotations

from benchmarks.architectures.net import Net


def cnn_trad_fpool3() -> Net:  # Sainath and Parada 2015: keywords
    n = Net("cnn_trad_fpool3", 98, 40, 1)
    n.conv(64, (20, 8)), n.pool((1, 3)), n.conv(64, (10, 4)), n.flat()
    n.dense(32, "linear"), n.dense(128), n.dense(12, "softmax")
    return n


def ds_cnn() -> Net:  # Zhang et al. 2017: keywords on microcontrollers
    n = Net("ds_cnn", 49, 10, 1)
    n.conv_norm(64, (10, 4), same=True, strides=[2, 2]), n.drop(0.2)
    for _ in range(4):
        n.depth(same=True), n.norm(), n.act(), n.conv_norm(64, 1)
    n.drop(), n.mean(), n.dense(12, "softmax")
    return n


def tc_resnet8() -> Net:  # Choi et al. 2019: time as the axis of kernels
    n = Net("tc_resnet8", 98, 40)
    n.conv(16, 3, "linear", same=True, use_bias=False)
    for filters in (24, 32, 48):
        x = n.at
        y = n.conv_norm(filters, 1, strides=[2])
        n.at = x
        n.conv_norm(filters, 9, same=True, strides=[2])
        n.conv(filters, 9, "linear", same=True, use_bias=False)
        n.add(n.norm(), y), n.act()
    n.mean(), n.drop(), n.dense(12, "softmax")
    return n


def m5() -> Net:  # Dai et al. 2017: raw waveforms
    n = Net("m5", 8000, 1)
    n.conv_norm(32, 80, strides=[4]), n.pool(4)
    for filters in (32, 64, 128):
        n.conv_norm(filters, 3), n.pool(4)
    n.mean(), n.dense(10, "softmax")
    return n


def yamnet_front() -> Net:  # Plakal and Ellis 2020, first blocks
    n = Net("yamnet_front", 96, 64, 1)
    n.conv_norm(32, same=True, strides=[2, 2])
    for filters, stride in ((64, 1), (128, 2)):
        n.depth(same=True, strides=[stride, stride], use_bias=False)
        n.norm(), n.act(), n.conv_norm(filters, 1)
    n.mean(), n.dense(521, "sigmoid")
    return n


def esc_cnn() -> Net:  # Piczak 2015: sounds of surroundings
    n = Net("esc_cnn", 60, 41, 2)
    n.conv(80, (57, 6)), n.pool((4, 3), strides=[1, 3]), n.drop()
    n.conv(80, (1, 3)), n.pool((1, 3), strides=[1, 3]), n.flat()
    n.dense(500), n.drop(), n.dense(500), n.drop(), n.dense(50, "softmax")
    return n


def crnn() -> Net:  # Choi et al. 2017: a recurrent end
    n = Net("crnn", 96, 64, 1)
    n.conv_norm(32, same=True), n.pool((2, 4)), n.put("Reshape", target_shape=[48, -1])
    n.put("GRU", units=32), n.dense(50, "sigmoid")
    return n


def autoencoder() -> Net:  # DCASE 2020: anomalies of machines
    n = Net("autoencoder", 640)
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        n.dense(units, "linear"), n.norm(), n.act()
    n.dense(640, "linear")
    return n


def eegnet() -> Net:  # Lawhern et al. 2018
    n = Net("eegnet", 22, 256, 1)
    n.conv(8, (1, 64), "linear", same=True, use_bias=False), n.norm()
    n.depth((22, 1), depth_multiplier=2, use_bias=False), n.norm(), n.act("elu")
    n.average((1, 4)), n.drop(0.25), n.separable(16, (1, 16), same=True), n.norm()
    n.act("elu"), n.average((1, 8)), n.drop(0.25), n.flat(), n.dense(4, "softmax")
    return n


def eegnet_relu() -> Net:  # its variant for chips that have ReLU
    n = Net("eegnet_relu", 22, 256, 1)
    n.conv(8, (1, 64), "linear", same=True, use_bias=False), n.norm()
    n.depth((22, 1), depth_multiplier=2, use_bias=False), n.norm(), n.act()
    n.average((1, 4)), n.drop(0.25), n.separable(16, (1, 16), same=True), n.norm()
    n.act(), n.average((1, 8)), n.drop(0.25), n.flat(), n.dense(4, "softmax")
    return n


def deep_conv_net() -> Net:  # Schirrmeister et al. 2017
    n = Net("deep_conv_net", 22, 256, 1)
    n.conv(25, (1, 5), "linear"), n.conv(25, (22, 1), "linear"), n.norm()
    n.act("elu"), n.pool((1, 2), strides=[1, 2])
    for filters in (50, 100):
        n.conv(filters, (1, 5), "linear"), n.norm(), n.act("elu")
        n.pool((1, 2), strides=[1, 2])
    n.flat(), n.dense(4, "softmax")
    return n


def deep_conv_net_relu() -> Net:  # as published copies have it
    n = Net("deep_conv_net_relu", 22, 256, 1)
    n.conv(25, (1, 5), "linear"), n.conv(25, (22, 1), "linear"), n.norm()
    n.act(), n.pool((1, 2), strides=[1, 2])
    n.conv(50, (1, 5), "linear"), n.norm(), n.act(), n.pool((1, 2), strides=[1, 2])
    n.flat(), n.dense(4, "softmax")
    return n


def shallow_conv_net() -> Net:  # Schirrmeister et al. 2017: squares and logarithms
    n = Net("shallow_conv_net", 22, 256, 1)
    n.conv(40, (1, 13), "linear"), n.conv(40, (22, 1), "linear", use_bias=False)
    n.norm(), n.act("square"), n.average((1, 35), strides=[1, 7]), n.act("log")
    n.flat(), n.dense(4, "softmax")
    return n


def cnn_p300() -> Net:  # Cecotti and Graeser 2011
    n = Net("cnn_p300", 78, 64)
    n.conv(10, 1, "linear"), n.conv(50, 13, strides=[13]), n.flat()
    n.dense(100), n.dense(1, "sigmoid")
    return n


def sleep_cnn() -> Net:  # Supratak et al. 2017, the branch for fine details
    n = Net("sleep_cnn", 3000, 1)
    n.conv_norm(64, 50, same=True, strides=[6]), n.pool(8), n.drop()
    for _ in range(3):
        n.conv_norm(128, 8, same=True)
    n.pool(4), n.flat(), n.dense(5, "softmax")
    return n


def ecg_resnet() -> Net:  # Hannun et al. 2019, two blocks
    n = Net("ecg_resnet", 1024, 1)
    x = n.conv_norm(32, 16, same=True)
    for _ in range(2):
        n.at = x
        a = n.pool(2)
        n.at = x
        n.conv_norm(32, 16, same=True), n.drop(0.2)
        x = n.add(n.conv(32, 16, "linear", same=True, strides=[2]), a)
    n.norm(), n.act(), n.flat(), n.dense(4, "softmax")
    return n


def ecg_kachuee() -> Net:  # Kachuee et al. 2018: heartbeats
    n = Net("ecg_kachuee", 187, 1)
    x = n.conv(32, 5, "linear")
    for _ in range(3):
        n.conv(32, 5, same=True), n.conv(32, 5, "linear", same=True)
        n.add(n.at, x), n.act()
        x = n.pool(5, strides=[2])
    n.flat(), n.dense(32), n.dense(5, "softmax")
    return n


def har_cnn() -> Net:  # Ignatov 2018: activities from phones
    n = Net("har_cnn", 128, 9)
    n.conv(64, 16), n.pool(4), n.flat(), n.dense(1024), n.drop(), n.dense(6, "softmax")
    return n


def deep_conv_lstm() -> Net:  # Ordonez and Roggen 2016
    n = Net("deep_conv_lstm", 24, 113)
    for _ in range(4):
        n.conv(64, 5)
    n.put("LSTM", units=128), n.dense(18, "softmax")
    return n


def fcn() -> Net:  # Wang et al. 2017: series
    n = Net("fcn", 128, 3)
    n.conv_norm(128, 8, same=True), n.conv_norm(256, 5, same=True)
    n.conv_norm(128, 3, same=True), n.mean(), n.dense(5, "softmax")
    return n


def series_resnet() -> Net:  # Wang et al. 2017
    n = Net("series_resnet", 128, 1)
    x = n.at
    for filters in (64, 128):
        n.at = x
        n.conv_norm(filters, 8, same=True), n.conv_norm(filters, 5, same=True)
        n.conv(filters, 3, "linear", same=True)
        main = n.norm()
        n.at = x
        n.conv(filters, 1, "linear")
        n.add(main, n.norm())
        x = n.act()
    n.mean(), n.dense(5, "softmax")
    return n


def tcn() -> Net:  # Bai et al. 2018: causal, with taps apart
    n = Net("tcn", 64, 4)
    x = n.conv(16, 1, "linear")
    for apart in (1, 2, 4):
        n.at = x
        n.put("Conv1D", filters=16, kernel_size=[3], padding="causal",
              dilation_rate=[apart], activation="relu")  # fmt: skip
        n.put("Conv1D", filters=16, kernel_size=[3], padding="causal",
              dilation_rate=[apart], activation="relu")  # fmt: skip
        n.add(n.at, x)
        x = n.act()
    n.flat(), n.dense(4, "softmax")
    return n


def inception_time() -> Net:  # Ismail Fawaz et al. 2020, one module
    n = Net("inception_time", 96, 3)
    x = n.at
    s = n.conv(32, 1, "linear", use_bias=False)
    branches = []
    for size in (39, 19, 9):
        n.at = s
        branches.append(n.conv(32, size, "linear", same=True, use_bias=False))
    n.at = x
    n.put("MaxPooling1D", pool_size=[3], strides=[1], padding="same")
    branches.append(n.conv(32, 1, "linear", use_bias=False))
    n.join(*branches), n.norm(), n.act(), n.mean(), n.dense(5, "softmax")
    return n


def wdcnn() -> Net:  # Zhang et al. 2017: faults of bearings
    n = Net("wdcnn", 2048, 1)
    n.conv_norm(16, 64, same=True, strides=[16]), n.pool()
    for filters in (32, 64, 64, 64):
        n.conv_norm(filters, 3, same=True), n.pool()
    n.flat(), n.dense(100), n.norm(), n.dense(10, "softmax")
    return n


def emg_cnn() -> Net:  # Atzori et al. 2016: hands
    n = Net("emg_cnn", 15, 10, 1)
    n.conv(32, (1, 10), same=True), n.conv(32, 3, same=True), n.average(3)
    n.conv(64, 5, same=True), n.average(3), n.flat(), n.dense(50, "softmax")
    return n


def transformer() -> Net:  # Vaswani et al. 2017, for series
    n = Net("transformer", 64, 8)
    n.put("LayerNormalization"), n.put("MultiHeadAttention", num_heads=2, key_dim=8)
    n.mean(), n.dense(4, "softmax")
    return n


MODELS = (
    cnn_trad_fpool3, ds_cnn, tc_resnet8, m5, yamnet_front, esc_cnn, crnn, autoencoder,
    eegnet, eegnet_relu, deep_conv_net, deep_conv_net_relu, shallow_conv_net, cnn_p300,
    sleep_cnn, ecg_resnet, ecg_kachuee, har_cnn, deep_conv_lstm, fcn, series_resnet,
    tcn, inception_time, wdcnn, emg_cnn, transformer,
)  # fmt: skip
