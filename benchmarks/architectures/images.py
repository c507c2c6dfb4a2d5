"""Images: from LeNet-5 to networks of phones."""

from __future__ import annotations

from benchmarks.architectures.net import Net


def lenet5() -> Net:  # LeCun et al. 1998, with ReLU
    n = Net("lenet5", 28, 28, 1)
    n.conv(6, 5, same=True), n.average(), n.conv(16, 5), n.average(), n.flat()
    n.dense(120), n.dense(84), n.dense(10, "softmax")
    return n


def lenet5_tanh() -> Net:  # LeCun et al. 1998
    n = Net("lenet5_tanh", 32, 32, 1)
    n.conv(6, 5, "tanh"), n.average(), n.conv(16, 5, "tanh"), n.average()
    n.conv(120, 5, "tanh"), n.flat(), n.dense(84, "tanh"), n.dense(10, "softmax")
    return n


def mnist_cnn() -> Net:  # keras.io/examples/vision/mnist_convnet
    n = Net("mnist_cnn", 28, 28, 1)
    n.conv(32), n.pool(), n.conv(64), n.pool(), n.flat(), n.drop()
    n.dense(10, "softmax")
    return n


def alexnet() -> Net:  # Krizhevsky et al. 2012
    n = Net("alexnet", 227, 227, 3)
    n.conv(96, 11, strides=[4, 4]), n.pool(3, strides=[2, 2])
    n.conv(256, 5, same=True), n.pool(3, strides=[2, 2])
    n.conv(384, same=True), n.conv(384, same=True), n.conv(256, same=True)
    n.pool(3, strides=[2, 2]), n.flat(), n.dense(4096), n.drop()
    n.dense(4096), n.drop(), n.dense(1000, "softmax")
    return n


def _vgg(name: str, blocks: tuple[tuple[int, int], ...]) -> Net:
    n = Net(name, 224, 224, 3)
    for count, filters in blocks:
        for _ in range(count):
            n.conv(filters, same=True)
        n.pool()
    n.flat(), n.dense(4096), n.dense(4096), n.dense(1000, "softmax")
    return n


def vgg11() -> Net:  # Simonyan and Zisserman 2015
    return _vgg("vgg11", ((1, 64), (1, 128), (2, 256), (2, 512), (2, 512)))


def vgg16() -> Net:  # Simonyan and Zisserman 2015
    return _vgg("vgg16", ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)))


def all_cnn_c() -> Net:  # Springenberg et al. 2015
    n = Net("all_cnn_c", 32, 32, 3)
    n.drop(0.2)
    for filters in (96, 192):
        n.conv(filters, same=True), n.conv(filters, same=True)
        n.conv(filters, same=True, strides=[2, 2]), n.drop()
    n.conv(192), n.conv(192, 1), n.conv(10, 1), n.mean(), n.act("softmax")
    return n


def network_in_network() -> Net:  # Lin et al. 2014
    n = Net("network_in_network", 32, 32, 3)
    for size, wide in ((5, (192, 160, 96)), (5, (192, 192, 192)), (3, (192, 192, 10))):
        n.conv(wide[0], size, same=True), n.conv(wide[1], 1), n.conv(wide[2], 1)
        if wide[2] != 10:
            n.pool(3, strides=[2, 2], same=True), n.drop()
    n.mean(), n.act("softmax")
    return n


def _residual(n: Net, filters: int, stride: int) -> None:
    source = n.at
    n.conv_norm(filters, same=True, strides=[stride, stride])
    n.conv(filters, 3, "linear", same=True, use_bias=False)
    main = n.norm()
    if stride > 1:
        n.at = source
        n.conv(filters, 1, "linear", strides=[stride, stride])
        source = n.norm()
    n.add(main, source), n.act()


def resnet20() -> Net:  # He et al. 2016, for CIFAR-10
    n = Net("resnet20", 32, 32, 3)
    n.conv_norm(16, same=True)
    for filters in (16, 32, 64):
        for block in range(3):
            _residual(n, filters, 2 if block == 0 and filters > 16 else 1)
    n.mean(), n.dense(10, "softmax")
    return n


def resnet18() -> Net:  # He et al. 2016
    n = Net("resnet18", 224, 224, 3)
    n.conv_norm(64, 7, same=True, strides=[2, 2]), n.pool(3, strides=[2, 2], same=True)
    for filters in (64, 128, 256, 512):
        for block in range(2):
            _residual(n, filters, 2 if block == 0 and filters > 64 else 1)
    n.mean(), n.dense(1000, "softmax")
    return n


def resnet20_v2() -> Net:  # He et al. 2016b: batch norm and ReLU before
    n = Net("resnet20_v2", 32, 32, 3)
    x = n.conv(16, 3, "linear", same=True)
    for filters in (16, 32, 64):
        for block in range(3):
            stride = 2 if block == 0 and filters > 16 else 1
            n.norm()
            y = n.act()
            if stride > 1:
                x = n.conv(filters, 1, "linear", strides=[2, 2])
                n.at = y
            n.conv(filters, 3, "linear", same=True, strides=[stride, stride])
            n.norm(), n.act()
            x = n.add(n.conv(filters, 3, "linear", same=True), x)
    n.norm(), n.act(), n.mean(), n.dense(10, "softmax")
    return n


def wide_resnet() -> Net:  # Zagoruyko and Komodakis 2016, of depth 10 and width 2
    n = Net("wide_resnet", 32, 32, 3)
    n.conv_norm(16, same=True)
    for filters in (32, 64, 128):
        _residual(n, filters, 2)
    n.mean(), n.dense(10, "softmax")
    return n


def densenet40() -> Net:  # Huang et al. 2017, of growth 12, first layers of each block
    n = Net("densenet40", 32, 32, 3)
    x = n.conv(24, 3, "linear", same=True)
    for block in range(3):
        for _ in range(3):
            n.at = x
            n.norm(), n.act()
            x = n.join(x, n.conv(12, 3, "linear", same=True))
        if block < 2:
            n.norm(), n.act(), n.conv(48, 1, "linear")
            x = n.average()
    n.norm(), n.act(), n.mean(), n.dense(10, "softmax")
    return n


def squeezenet() -> Net:  # Iandola et al. 2016
    n = Net("squeezenet", 224, 224, 3)
    n.conv(64, strides=[2, 2]), n.pool(3, strides=[2, 2])
    for number, (squeeze, expand) in enumerate(
        ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (64, 256))
    ):
        s = n.conv(squeeze, 1)
        a = n.conv(expand, 1)
        n.at = s
        n.join(a, n.conv(expand, same=True))
        if number in (1, 3):
            n.pool(3, strides=[2, 2])
    n.drop(), n.conv(1000, 1), n.mean(), n.act("softmax")
    return n


def mobilenet_v1() -> Net:  # Howard et al. 2017, of width 0.25
    n = Net("mobilenet_v1", 96, 96, 3)
    n.conv_norm(8, same=True, strides=[2, 2])
    for filters, stride in ((16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2)):
        n.depth(same=True, strides=[stride, stride], use_bias=False)
        n.norm(), n.act("relu6"), n.conv_norm(filters, 1, "relu6")
    n.mean(), n.drop(), n.dense(2, "softmax")
    return n


def mobilenet_v2() -> Net:  # Sandler et al. 2018, first blocks
    n = Net("mobilenet_v2", 96, 96, 3)
    n.conv_norm(16, act="relu6", same=True, strides=[2, 2])
    x, read = n.conv(8, 1, "linear"), 8
    for filters, stride in ((12, 2), (12, 1), (16, 2), (16, 1), (16, 1)):
        n.at = x
        n.conv_norm(6 * read, 1, "relu6")
        n.depth(same=True, strides=[stride, stride], use_bias=False)
        n.norm(), n.act("relu6"), n.conv(filters, 1, "linear", use_bias=False)
        y = n.norm()
        x = n.add(x, y) if stride == 1 else y
        read = filters
    n.at = x
    n.conv_norm(128, 1, "relu6"), n.mean(), n.dense(10, "softmax")
    return n


def mobilenet_v3() -> Net:  # Howard et al. 2019: hard swish
    n = Net("mobilenet_v3", 96, 96, 3)
    n.conv_norm(16, act="hard_swish", same=True, strides=[2, 2])
    n.mean(), n.dense(10, "softmax")
    return n


def efficientnet() -> Net:  # Tan and Le 2019: swish and squeeze-and-excitation
    n = Net("efficientnet", 64, 64, 3)
    x = n.conv_norm(16, act="swish", same=True)
    n.mean(), n.put("Reshape", target_shape=[1, 1, 16])
    s = n.conv(16, 1, "sigmoid")
    n.put("Multiply", x, s), n.conv(8, 1, "linear"), n.mean(), n.dense(10, "softmax")
    return n


def xception_block() -> Net:  # Chollet 2017: a max pool after linear layers
    n = Net("xception_block", 48, 48, 3)
    x = n.conv_norm(16)
    n.separable(32, same=True), n.norm(), n.act(), n.separable(32, same=True), n.norm()
    main = n.pool(3, strides=[2, 2], same=True)
    n.at = x
    n.conv(32, 1, "linear", strides=[2, 2], same=True)
    n.add(main, n.norm()), n.mean(), n.dense(10, "softmax")
    return n


def inception_block() -> Net:  # Szegedy et al. 2015, with a max pool
    n = Net("inception_block", 28, 28, 3)
    x = n.conv(32, 5)
    branches = [n.conv(16, 1)]
    for size in (3, 5):
        n.at = x
        n.conv(8, 1)
        branches.append(n.conv(16, size, same=True))
    n.at = x
    n.pool(3, strides=[1, 1], same=True)
    branches.append(n.conv(16, 1))
    n.join(*branches), n.mean(), n.dense(10, "softmax")
    return n


def inception_v3_block() -> Net:  # Szegedy et al. 2016: an average at the edges
    n = Net("inception_v3_block", 28, 28, 3)
    x = n.conv(16, 5)
    a = n.conv(16, 1)
    n.at = x
    n.average(3, strides=[1, 1], same=True)
    n.join(a, n.conv_norm(16, 1)), n.mean(), n.dense(10, "softmax")
    return n


def shufflenet_unit() -> Net:  # Zhang et al. 2018: groups, without its shuffle
    n = Net("shufflenet_unit", 28, 28, 3)
    x = n.conv_norm(24, same=True)
    n.conv_norm(12, 1, groups=3), n.depth(same=True), n.norm()
    n.conv(24, 1, "linear", groups=3)
    n.add(x, n.norm()), n.act(), n.mean(), n.dense(10, "softmax")
    return n


def darknet_tiny() -> Net:  # Redmon and Farhadi 2017: leaky ReLU
    n = Net("darknet_tiny", 64, 64, 3)
    for filters in (16, 32, 64, 128):
        n.conv(filters, 3, "linear", same=True), n.norm()
        n.put("LeakyReLU", alpha=0.1), n.pool()
    n.conv(30, 1, "linear")
    return n


def pilotnet() -> Net:  # Bojarski et al. 2016, with ReLU
    n = Net("pilotnet", 66, 200, 3)
    n.put("Rescaling", scale=1 / 127.5, offset=-1.0)
    for filters in (24, 36, 48):
        n.conv(filters, 5, strides=[2, 2])
    n.conv(64), n.conv(64), n.flat()
    n.dense(100), n.dense(50), n.dense(10), n.dense(1, "linear")
    return n


def pilotnet_elu() -> Net:  # as many have it
    n = Net("pilotnet_elu", 66, 200, 3)
    n.conv(24, 5, "elu", strides=[2, 2]), n.flat(), n.dense(1, "linear")
    return n


def unet() -> Net:  # Ronneberger et al. 2015, of two levels
    n = Net("unet", 32, 32, 1)
    a = n.conv(8, same=True)
    n.pool(), n.conv(16, same=True), n.put("UpSampling2D", size=[2, 2])
    n.join(n.at, a), n.conv(1, 1, "sigmoid")
    return n


def denoiser() -> Net:  # Zhang et al. 2017 (DnCNN), of four layers
    n = Net("denoiser", 24, 24, 1)
    n.conv(8, same=True), n.conv_norm(8, same=True), n.conv_norm(8, same=True)
    n.conv(1, 3, "linear", same=True)
    return n


def siamese_branch() -> Net:  # Koch et al. 2015, one branch
    n = Net("siamese_branch", 105, 105, 1)
    n.conv(64, 10), n.pool(), n.conv(128, 7), n.pool(), n.conv(128, 4), n.pool()
    n.conv(256, 4), n.flat(), n.dense(4096, "sigmoid")
    return n


def attributes() -> Net:  # Liu et al. 2015: forty attributes at once
    n = Net("attributes", 64, 64, 3)
    n.conv(20, 5), n.pool(), n.conv(40), n.pool(), n.flat(), n.dense(40, "sigmoid")
    return n


MODELS = (
    lenet5, lenet5_tanh, mnist_cnn, alexnet, vgg11, vgg16, all_cnn_c,
    network_in_network, resnet20, resnet18, resnet20_v2, wide_resnet, densenet40,
    squeezenet, mobilenet_v1, mobilenet_v2, mobilenet_v3, efficientnet, xception_block,
    inception_block, inception_v3_block, shufflenet_unit, darknet_tiny, pilotnet,
    pilotnet_elu, unet, denoiser, siamese_branch, attributes,
)  # fmt: skip
