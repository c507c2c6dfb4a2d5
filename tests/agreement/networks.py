"""Small networks that together say everything that the language can say."""

from tests.support import network

BODIES = {
    "conv1d": """
        input wave 40x3 in 0..255 as -1..1
        encode conv { filters 4, kernel 5, stride 2, padding same }
        conv1d c0 { filters 6, kernel 3, padding same }
        downsample s0 { factor 2 }
        avgpool { window 3, stride 2 }
        conv1d c1 { filters 7, kernel 2, stride 1 }
        readout y { classes 3 }
    """,
    "conv2d": """
        input image 13x11x2 in 0..1
        encode conv { filters 3, kernel 2x3 }
        conv2d c0 { filters 5, kernel 3x2, stride 2x1, padding same }
        conv2d c1 { filters 6, kernel 3, stride 1x3, bias off }
        downsample s0 { factor 1x2 }
        dense d0 { units 7 }
        readout y { units 2, decide last }
    """,
    "conv3d": """
        input clip 7x10x9x2 in -2..2
        encode conv { filters 3, kernel 2 }
        conv3d c0 { filters 4, kernel 3, padding same, stride 2x1x2 }
        conv3d c1 { filters 5, kernel 2x3x2, stride 1x2x1 }
        downsample s0 { filters 3, factor 1x2x1 }
        dense d0 { units 8 }
        readout y { classes 4 }
    """,
    "conv3d_same": """
        input clip 6x8x8x1 in 0..1
        encode rate
        conv3d c0 { filters 4, kernel 3, padding same }
        avgpool { window 1x2x2 }
        conv3d c1 { filters 4, kernel 3, padding same, stride 2 }
        avgpool { window all }
        readout y { classes 4 }
    """,
    "rate_signed": """
        input image 9x8x3 in -4..2
        encode rate { rate ..200 Hz }
        conv2d c0 { filters 5 }
        readout y { classes 3 }
    """,
    "features": """
        input values 12 in -1..1
        encode rate
        dense d0 { units 16 }
        dense d1 { units 16, shortcut d0 }
        dense d2 { units 9, shortcut d0, bias off }
        readout y { units 3 }
    """,
    "pools": """
        input image 17x18x2 in 0..1
        encode conv { filters 4 }
        avgpool p0 { window 2 }
        conv2d c0 { filters 6, kernel 2 }
        avgpool p1 { window 3, stride 1 }
        avgpool p2 { window 2 }
        dense d0 { units 10 }
        readout y { classes 3 }
    """,
    "pool_same_odd": """
        input image 15x24x2 in 0..1
        encode conv { filters 4 }
        avgpool p0 { window 3x4 }
        conv2d c0 { filters 6, kernel 2, padding same }
        avgpool p1 { window 1x2 }
        conv2d c1 { filters 3, kernel 4x2, padding same, stride 1x2 }
        readout y { classes 3 }
    """,
    "joins": """
        input image 12x12x2 in 0..1
        encode conv e { filters 3 }
        conv2d a from e { filters 4, padding same }
        conv2d b from e { filters 4, padding same, kernel 5 }
        add s from a, b
        concat k from s, e, a
        avgpool p { window 2 }
        conv2d c from p { filters 5, padding same }
        conv2d d from k { filters 5, stride 2, padding same }
        concat m from c, d
        dense f { units 9 }
        readout y { classes 3 }
    """,
    "residual": """
        input image 11x13x2 in 0..1
        encode conv e { filters 4 }
        conv2d a0 { filters 4, padding same, shortcut e }
        conv2d a1 { filters 8, padding same, stride 2, shortcut a0 }
        avgpool p from a1 { window 2 }
        conv2d b { filters 8, padding same, kernel 1, shortcut p }
        conv2d b1 { filters 6, kernel 2 , shortcut b2 }
        conv2d b2 from p { filters 6, kernel 2 }
        dense d from b1 { units 6, shortcut a0 }
        readout y { classes 3 }
    """,
    "residual3d": """
        input clip 6x8x8x2 in 0..1
        encode conv e { filters 3, padding same, kernel 3 }
        conv3d a0 { filters 3, padding same, shortcut e }
        conv3d a1 { filters 5, padding same, stride 2, shortcut a0 }
        dense d { units 6 }
        readout y { classes 3 }
    """,
    "normed": """
        input image 10x10x2 in 0..1
        defaults { batchnorm on, dropout 0.3 }
        encode conv e { filters 4, batchnorm on, dropout 0.1 }
        conv2d a0 { filters 4, padding same, shortcut e }
        conv2d a1 { filters 6, bias off }
        dense d { units 6, shortcut a0 }
        readout y { classes 3 }
        train { l2 1e-3, loss focal, schedule cosine, optimizer adamw }
    """,
    "hosted": """
        input image 14x12x2 in -2..2
        encode conv { filters 3, kernel 3 }
        conv2d pre { filters 4, kernel 3, place host }
        conv2d c0 { filters 6, kernel 3 }
        conv2d post { filters 4, kernel 3, place host, padding same, shortcut skip }
        conv2d skip from c0 { filters 4, kernel 1, place host }
        avgpool from post { window all }
        readout y { classes 4 }
    """,
    "hosted3d": """
        input clip 5x8x8x1 in 0..1
        encode conv { filters 3 }
        conv3d c0 { filters 4, kernel 2 }
        conv3d post { filters 4, kernel 2, place host, padding same }
        readout y { classes 4 }
    """,
    "grown_features": """
        input values 5 in -1..1
        encode rate e
        conv2d_transpose u0 { filters 3, kernel 1x2, bias off }
        upsample { factor 2 }
        conv2d c0 { filters 4, kernel 2x3 }
        conv2d_transpose u1 { filters 4, kernel 3x2, stride 2x1, padding same }
        readout y { units 2 }
    """,
    "upsampled": """
        input image 6x5x2 in 0..1
        encode conv e { filters 4 }
        conv2d c0 { filters 6, kernel 3, padding same }
        upsample u0 { factor 3x2 }
        conv2d c1 { filters 5, kernel 4x3, stride 2x1, padding same }
        depthwise2d c2 from u0 { kernel 3, stride 2x1, padding same, multiplier 2 }
        maxpool m { window 2, stride 1x2 }
        upsample { factor 2 }
        upsample u1 { factor 1x2 }
        conv2d c3 from u1 { filters 4, kernel 3, dilation 2, groups 2, bias neuron }
        conv2d c4 from u0 { filters 4, kernel 5, padding same, block 9x5x4 }
        downsample s0 { factor 6x4 }
        avgpool p0 from s0 { window all }
        avgpool p1 from c1 { window all }
        avgpool p2 from c2 { window all }
        avgpool p3 from c3 { window all }
        concat k from p0, p1, p2, p3
        readout y { classes 3 }
    """,
    "upsampled_series": """
        input wave 9x3 in -1..1
        encode rate e
        conv1d c0 { filters 4, kernel 2 }
        upsample u { factor 3 }
        conv1d c1 { filters 6, kernel 3, padding causal, dilation 2 }
        conv1d c2 from u { filters 6, kernel 4, stride 2, place host }
        avgpool p { window all }
        avgpool q from c1 { window all }
        concat j from p, q
        readout y { classes 3 }
    """,
    "upsampled_clip": """
        input clip 4x5x4x2 in 0..1
        encode conv e { filters 2 }
        conv3d c0 { filters 4, kernel 2, padding same }
        upsample u { factor 1x2x3 }
        add both from u, u2
        upsample u2 from e2 { factor 1x2x3 }
        conv3d e2 from e { filters 4, kernel 1 }
        conv3d c1 from both { filters 3, kernel 3x3x2, padding same, stride 2x1x1 }
        avgpool all { window all }
        readout y { classes 2 }
    """,
    "transposed": """
        input image 5x4x2 in 0..1
        encode conv e { filters 3 }
        conv2d c0 { filters 6, kernel 3, stride 2, padding same }
        conv2d_transpose u0 { filters 5, stride 2, padding same, batchnorm on }
        conv2d_transpose u1 { filters 4, kernel 2x4, stride 2x3, bias neuron }
        conv2d_transpose u2 { filters 3, kernel 1x3, stride 3x1, bias off }
        maxpool m { window 2 }
        conv2d_transpose u3 { filters 2, kernel 2, stride 2, padding same }
        readout out { units 3 }
        """,
    "decoder": """
        input image 6x6x1 in 0..1
        encode conv e { filters 3 }
        dense z { units 7 }
        conv2d_transpose u0 { filters 6, kernel 3x2 }
        conv2d_transpose u1 { filters 4, kernel 3, stride 2 }
        conv2d s { filters 4, padding same }
        concat j from u1, s
        conv2d_transpose u2 from j { filters 4, padding same, shortcut u1 }
        conv2d_transpose u3 { filters 2, kernel 3, stride 2, place host }
        readout out { filters 2, kernel 3x2, stride 2x1, padding same }
        """,
    "depthwise1d": """
        input wave 30x3 in 0..1
        encode conv { filters 4, kernel 3 }
        depthwise1d c0 { kernel 3, padding same, multiplier 2 }
        depthwise1d c1 { kernel 4, stride 3 }
        avgpool { window 2, stride 1 }
        depthwise1d c2 { kernel 2, dilation 2 }
        conv1d c3 { filters 6, kernel 3, groups 2, padding same, dilation 3 }
        readout y { classes 3 }
    """,
    "depthwise2d": """
        input image 14x13x2 in 0..1
        encode conv e { filters 4 }
        depthwise2d c0 { padding same, batchnorm on }
        depthwise2d c1 { kernel 3x2, stride 2, multiplier 2, bias off }
        depthwise2d c2 { kernel 2, stride 1x2, padding same }
        conv2d c3 { filters 12, groups 4, padding same, shortcut c2 }
        depthwise2d c4 { kernel 2, dilation 1x2, batchnorm on }
        readout y { classes 4 }
    """,
    "depthwise3d": """
        input clip 7x8x8x1 in 0..1
        encode conv { filters 3 }
        depthwise3d c0 { kernel 3, padding same, multiplier 2 }
        depthwise3d c1 { kernel 2x3x3, stride 2x1x2, padding same }
        conv3d c2 { filters 4, kernel 2, groups 2, dilation 1x2x2, batchnorm on }
        readout y { classes 4 }
    """,
    "grouped_joins": """
        input image 12x12x2 in 0..1
        encode conv e { filters 4 }
        conv2d a from e { filters 6, padding same, dilation 2 }
        depthwise2d b from e { padding same }
        concat k from a, b
        depthwise2d c from k { kernel 3, padding same }
        avgpool p from k { window 2 }
        conv2d d from p { filters 10, groups 5, padding same }
        avgpool q from c { window 2 }
        depthwise2d f from q { padding same, shortcut d }
        depthwise2d g from f { kernel 2, place host }
        readout y { classes 3 }
    """,
    "causal": """
        input wave 29x3 in 0..1
        encode conv e { filters 4, kernel 3 }
        conv1d c0 { filters 4, kernel 3, padding causal, dilation 4, shortcut e }
        conv1d c1 { filters 6, kernel 4, stride 3, padding causal, groups 2 }
        conv1d c2 { filters 6, kernel 2, padding causal }
        conv1d c3 from c1 { filters 8, kernel 12, padding causal, bias neuron }
        concat k from c2, c3
        conv1d c4 from k { filters 5, kernel 3, stride 2, padding causal }
        conv1d c5 { filters 4, kernel 1, stride 2, padding causal }
        conv1d c6 { filters 4, kernel 3, padding causal, place host }
        readout y { classes 3 }
    """,
    "causal_pools": """
        input wave 24x3 in -1..1
        encode rate e
        conv1d c0 { filters 4, kernel 4, stride 1, padding causal }
        avgpool p { window 2 }
        avgpool q { window 3 }
        conv1d c1 from q { filters 6, kernel 3, stride 3, padding causal }
        conv1d c2 from p { filters 6, kernel 3, padding causal, groups 2 }
        maxpool m { window 3, stride 2 }
        conv1d c3 { filters 4, kernel 2, padding causal }
        dense d0 from c1 { units 6 }
        dense d1 from c3 { units 6, shortcut d0 }
        readout y { classes 3 }
    """,
    "neuron_bias": """
        input clip 5x7x6x2 in 0..1
        encode conv { filters 3 }
        conv3d c0 { filters 4, kernel 3, bias neuron, batchnorm on, padding same }
        conv3d c1 { filters 3, kernel 2x3x1, bias neuron, stride 1x1x2 }
        depthwise3d c2 { kernel 2, bias neuron, shortcut c1, padding same }
        readout y { classes 3 }
    """,
    "maxpool1d": """
        input wave 30x3 in -1..1
        encode rate e
        maxpool m from e { window 3, stride 2, padding same }
        conv1d c0 { filters 4, kernel 3, padding same }
        maxpool p { window all, rate ..200 Hz, synapse 3 ms }
        dense d0 { units 5 }
        readout y { classes 3 }
    """,
    "maxpool2d": """
        input image 15x14x2 in 0..1
        encode conv e { filters 4 }
        conv2d c0 { filters 6, kernel 3, batchnorm on }
        maxpool p0 { window 2 }
        conv2d c1 { filters 5, kernel 3, padding same, shortcut p0 }
        maxpool p1 from c1 { window 3x2, stride 2x1, padding same }
        depthwise2d c2 { kernel 2, padding same, dilation 2 }
        avgpool a { window 2 }
        maxpool p2 { window 1x2, stride 1 }
        maxpool p3 { window 1, stride 1x2 }
        readout y { classes 4 }
    """,
    "maxpool3d": """
        input clip 7x8x9x1 in 0..1
        encode conv { filters 3, kernel 2 }
        maxpool p0 { window 2x1x3, stride 1x1x2 }
        conv3d c0 { filters 4, kernel 2x3x3, padding same, stride 2x1x1 }
        maxpool p1 { window 3x2x2, padding same }
        conv3d c1 { filters 4, kernel 1x2x1 }
        readout y { classes 4 }
    """,
    "maxpool_joins": """
        input image 12x12x2 in 0..1
        encode conv e { filters 4 }
        conv2d a from e { filters 6, padding same }
        conv2d b from e { filters 6, padding same }
        concat k from a, b
        maxpool p from k { window 2 }
        add s from a, b
        avgpool q from s { window 2 }
        maxpool m from q { window 2x3, stride 1 }
        conv2d c from p { filters 6, groups 3, kernel 2 }
        avgpool r from p { window 2 }
        conv2d d from r { filters 4, padding same }
        dense f from d { units 5 }
        maxpool n from c { window all }
        dense g from n { units 5, shortcut f }
        dense h from m { units 4, place host }
        dense t from g { units 4, place host, shortcut h }
        readout y from t { classes 3 }
    """,
    "reordered": """
        input image 8x8x1 in 0..1
        conv2d second from first { filters 3, kernel 2 }
        encode conv e from image { filters 2 }
        conv2d first from e { filters 3, kernel 2 }
        readout y from second { classes 2 }
    """,
}


def text(name: str, neuron: str, target: str = "loihi { chips 2 }") -> str:
    """Return the spec of one of the networks with all its neurons of one kind."""
    head = f"target {target}\ntiming {{ present 20 ms }}\nneuron {neuron}\n"
    return network(head + BODIES[name], f"{name}_{neuron}")
