"""Mistakes that people make in YAML, each as one change of a good spec.

Each has the old text, the new text, the code, and the words above the caret, which are
searched from the place of the change. With ``None`` only the line counts on which the
change begins.
"""

from __future__ import annotations

# fmt: off
Mistake = tuple[str, str, str, str | None]

GOOD = """\
snn: 1
network: drift
about: Eight directions of a drifting handwritten digit.
target:
  loihi:
    chips: 1
timing:
  dt: 1 ms
  present: 60 ms
  synapse: 5 ms
defaults:
  rate: 20..150 Hz
input:
  name: clip
  shape: 8x16x16x1
  in: 0..1
encode:
  conv:
    filters: 2
    rate: ..250 Hz
layers:
  - conv3d:
      name: c0
      filters: 8
      kernel: 3
      stride: 1x2x2
  - conv3d: {name: c1, filters: 16, kernel: 3, stride: 2}
  - dense:
      name: d0
      units: 64
      dropout: 0.2
readout:
  name: direction
  decide: last
  classes: 8
train:
  loss: cross_entropy
  optimizer:
    adam:
      learning_rate: 1.0e-3
  batch: 64
  epochs: 20
  l2: 5.0e-5
"""

NOT_READ: list[Mistake] = [
    ("  dt: 1 ms", "\tdt: 1 ms", "SNN130", "\t"),
    ("      units: 64", "\t    units: 64", "SNN130", "\t"),
    ("  present: 60", "    present: 60", "SNN130", "present"),
    ("  present: 60", " present: 60", "SNN130", "present"),
    ("      filters: 8", "     filters: 8", "SNN130", "filters"),
    ("  batch: 64", "batch: 64", "SNN130", "batch"),
    ("  synapse: 5 ms", "  synapse 5 ms", "SNN130", "synapse 5 ms"),
    ("  synapse: 5", "  synapse:5", "SNN130", ":"),
    ("snn: 1", "snn:1", "SNN130", ":"),
    ("  dt: 1 ms", "  dt:1 ms", "SNN130", ":"),
    ("layers:\n", "layers: []\n", "SNN130", "[]"),
    ("chips: 1", "chips = 1", "SNN135", "chips = 1"),
    ("chips: 1", "chips 1", "SNN135", "chips 1"),
    ("chips: 1", "chips:1", "SNN135", "chips:1"),
    ("epochs: 20", "epochs: 20: 3", "SNN130", ":"),
    ("stride: 2}", "stride: 2", "SNN130", None),
    ("kernel: 3, stride", "kernel: 3 stride", "SNN130", None),
    ("{name: c1", "[name: c1", "SNN130", None),
    ("about: Eight", 'about: "Eight', "SNN130", None),
    ("about: Eight directions", "about: Eight: directions", "SNN130", ":"),
    ("about: Eight directions", "about: @Eight directions", "SNN130", "@"),
    ("about: Eight directions", "about: %Eight directions", "SNN130", "%"),
    ("about: Eight directions", "about: `Eight directions", "SNN130", "`"),
    ("about: Eight directions of a drifting handwritten digit.",
     'about: "Eight \\directions"', "SNN130", None),
    ("about: Eight directions", "about: &text Eight directions", "SNN131", "&text"),
    ("defaults:\n", "defaults: &shared\n", "SNN131", "&shared"),
    ("units: 64", "units: *width", "SNN131", "*width"),
    ("      name: d0", "      <<: {bias: off}\n      name: d0", "SNN131", "<<"),
    ("units: 64", "units: !!int 64", "SNN132", "!!int"),
    ("units: 64", "units: !width 64", "SNN132", "!width"),
    ("snn: 1\n", "snn: 1\n---\n", "SNN133", "---"),
    ("  l2: 5.0e-5\n", "  l2: 5.0e-5\n---\nsnn: 1\n", "SNN133", "---"),
    ("  l2: 5.0e-5\n", "  l2: 5.0e-5\n}\n", "SNN130", "}"),
]
FORMS: list[Mistake] = [
    ("snn: 1\n", "", "SNN136", None),
    ("network: drift", "network: cifar-10", "SNN213", "cifar-10"),
    ("network: drift", "network:", "SNN107", "network"),
    ("network: drift", "network: [drift]", "SNN135", "[drift]"),
    ("network: drift", "network: {name: drift}", "SNN135", "{name: drift}"),
    ("snn: 1", "snn: 2", "SNN110", "2"),
    ("snn: 1", "snn: yes", "SNN110", "yes"),
    ("snn: 1", "snn:", "SNN107", "snn"),
    ("snn: 1", "snn: [1]", "SNN110", "[1]"),
    ("snn: 1", "snn: 1\nsnn: 1", "SNN134", "snn"),
    ("epochs: 20", "batch: 20", "SNN204", "batch"),
    ("  classes: 8\n", "  classes: 8\nreadout: {name: b, classes: 8}\n",
     "SNN134", "readout"),
    ("  in: 0..1", "  in: 0..1\n  in: 0..1", "SNN134", "in"),
    ("layers:\n", "layers:\n  filters: 2\n", "SNN130", "filters"),
    ("layers:\n  - conv3d:\n", "layers:\n  - input: {}\n  - conv3d:\n",
     "SNN137", "input"),
    ("  classes: 8\n", "  classes: 8\ndense: {name: z, units: 4}\n",
     "SNN137", "dense"),
    ("      name: d0\n", "    name: d0\n", "SNN130", "name"),
    ("  - dense:\n      name: d0\n      units: 64\n      dropout: 0.2\n",
     "  - dense:\n    name: d0\n    units: 64\n    dropout: 0.2\n",
     "SNN138", "name"),
    ("  - conv3d: {name: c1", "    conv3d: {name: c1", "SNN138", None),
    ("layers:\n  - conv3d:\n      name: c0\n      filters: 8\n      kernel: 3\n"
     "      stride: 1x2x2\n  - conv3d: {name: c1, filters: 16, kernel: 3, stride: 2}\n"
     "  - dense:\n      name: d0\n      units: 64\n      dropout: 0.2\n",
     "layers: {conv3d: {name: c0, filters: 8}, dense: {name: d0, units: 64}}\n",
     "SNN135", "{conv3d: {name: c0, filters: 8}, dense: {name: d0, units: 64}}"),
    ("snn: 1\n", "snn: 1\n? [a, b]\n: 1\n", "SNN135", "[a, b]"),
    ("  rate: 20..150 Hz\ninput", "  rate: 20..150 Hz\n  conv3d: yes\ninput",
     "SNN135", "yes"),
    ("  - conv3d: {name: c1, filters: 16, kernel: 3, stride: 2}",
     "  - [c1, 16]", "SNN135", "[c1, 16]"),
    ("  - conv3d: {name: c1, filters: 16, kernel: 3, stride: 2}",
     "  - conv3d: [{name: c1}, {filters: 16}]", "SNN135",
     "[{name: c1}, {filters: 16}]"),
    ("  - conv3d: {name: c1, filters: 16, kernel: 3, stride: 2}",
     "  - conv3d c1", "SNN200", "conv3d c1"),
    ("  - conv3d: {name: c1, filters: 16, kernel: 3, stride: 2}",
     "  -", "SNN135", None),
    ("timing:\n  dt: 1 ms\n", "timing:\n  - dt: 1 ms\n", "SNN130", "-"),
    ("timing:\n  dt: 1 ms\n  present: 60 ms\n  synapse: 5 ms\n",
     "timing: [1 ms, 60 ms, 5 ms]\n", "SNN135", "[1 ms, 60 ms, 5 ms]"),
    ("timing:\n  dt: 1 ms\n  present: 60 ms\n  synapse: 5 ms\n",
     "timing: 1 ms\n", "SNN135", "1 ms"),
    ("  conv:\n    filters: 2\n    rate: ..250 Hz", "  - conv", "SNN135", None),
    ("  optimizer:\n    adam:\n      learning_rate: 1.0e-3\n",
     "  optimizer:\n    adam:\n    learning_rate: 1.0e-3\n", "SNN138", "learning_rate"),
    ("  optimizer:\n    adam:\n      learning_rate: 1.0e-3\n",
     "  optimizer:\n    adam: 1.0e-3\n", "SNN135", "1.0e-3"),
    ("  optimizer:\n    adam:\n      learning_rate: 1.0e-3\n",
     "  optimizer: [adam]\n", "SNN205", "[adam]"),
    ("  optimizer:\n    adam:\n      learning_rate: 1.0e-3\n",
     "  optimizer: {}\n", "SNN135", "{}"),
    ("about: Eight directions of a drifting handwritten digit.",
     "about: [Eight, directions]", "SNN135", "[Eight, directions]"),
    ("about: Eight directions of a drifting handwritten digit.",
     "about:", "SNN107", "about"),
]
VALUES: list[Mistake] = [
    ("units: 64", "units:", "SNN107", "units"),
    ("units: 64", "units: null", "SNN205", "null"),
    ("units: 64", "units: ~", "SNN101", "~"),
    ("units: 64", "units: true", "SNN205", "true"),
    ("units: 64", "units: yes", "SNN205", "yes"),
    ("units: 64", "units: 64.0", "SNN205", "64.0"),
    ("units: 64", "units: 0o100", "SNN102", "0o100"),
    ("units: 64", "units: 0x40", "SNN205", "0x40"),
    ("units: 64", "units: 6_4", "SNN102", "6_4"),
    ("units: 64", "units: 2024-05-01", "SNN100", "2024-05-01"),
    ("units: 64", "units: 1:30", "SNN101", ":"),
    ("units: 64", "units: .inf", "SNN102", ".inf"),
    ("units: 64", "units: -64", "SNN206", "-64"),
    ("units: 64", "units: 0", "SNN206", "0"),
    ("units: 64", "units: {n: 64}", "SNN135", "64"),
    ("units: 64", "units: [64, 32]", "SNN205", "[64, 32]"),
    ("units: 64", "units: |\n        64 units", "SNN205", None),
    ("units: 64", "units: '64 units'", "SNN205", "64 units"),
    ("units: 64", "units: 64, bias: off", "SNN130", ":"),
    ("units: 64", "units: 64 # ok\n      bias: maybe", "SNN205", "maybe"),
    ("units: 64", "units: 64\n      bias: 1", "SNN205", "1"),
    ("units: 64", "units: 64\n      bias: no", "SNN205", "no"),
    ("dropout: 0.2", "dropout: 1.5", "SNN206", "1.5"),
    ("dropout: 0.2", "dropout: 20%", "SNN124", "20%"),
    ("dropout: 0.2", "dropout: 0,2", "SNN102", "0,2"),
    ("dt: 1 ms", "dt: 1", "SNN207", "1"),
    ("dt: 1 ms", "dt: 1ms", "SNN102", "1ms"),
    ("dt: 1 ms", "dt: 1 msec", "SNN208", "msec"),
    ("dt: 1 ms", "dt: 1 Hz", "SNN209", "Hz"),
    ("dt: 1 ms", 'dt: "1 milli"', "SNN208", "milli"),
    ("present: 60 ms", "present: 60.5 ms", "SNN501", "60.5 ms"),
    ("present: 60 ms", "presnt: 60 ms", "SNN203", "presnt"),
    ("rate: 20..150 Hz", "rate: 20..150", "SNN207", "20..150"),
    ("rate: 20..150 Hz", "rate: 20-150 Hz", "SNN125", "20-150"),
    ("rate: 20..150 Hz", "rate: [20, 150]", "SNN205", "[20, 150]"),
    ("rate: 20..150 Hz", "rate: 150..20 Hz", "SNN206", "150..20 Hz"),
    ("rate: 20..150 Hz", "rate: 20..1500 Hz", "SNN500", "20..1500 Hz"),
    ("in: 0..1", "in: 0", "SNN100", "0"),
    ("in: 0..1", "in: 0..1 Hz", "SNN206", "Hz"),
    ("in: 0..1", "in: 0..255", "SNN502", "0..255"),
    ("in: 0..1", "in: [0, 1, 2]", "SNN100", "[0, 1, 2]"),
    ("in: 0..1", "in:", "SNN107", "in"),
    ("shape: 8x16x16x1", "shape: [8, 16, 16, 1, 1]", "SNN206", "[8, 16, 16, 1, 1]"),
    ("shape: 8x16x16x1", "shape: [8, 16, 16, one]", "SNN100", None),
    ("shape: 8x16x16x1", "shape: 8 x 16 x 16 x 1", "SNN123", "8 x 16 x 16 x 1"),
    ("shape: 8x16x16x1", "shape: (8, 16, 16, 1)", "SNN123", "(8, 16, 16, 1)"),
    ("shape: 8x16x16x1", "shape: 8x16x16", "SNN312", "8x16x16"),
    ("shape: 8x16x16x1", "shpae: 8x16x16x1", "SNN203", "shpae"),
    ("stride: 1x2x2", "stride: [1, 2]", "SNN302", "[1, 2]"),
    ("stride: 1x2x2", "stride: 1x2x", "SNN102", "1x2x"),
    ("kernel: 3\n", "kernel: 15\n", "SNN301", "15"),
    ("kernel: 3, stride: 2", "kernel: 2, stride: 3", "SNN308", "3"),
]
WORDS: list[Mistake] = [
    ("target:", "traget:", "SNN200", "traget"),
    ("  loihi:", "  lohi:", "SNN201", "lohi"),
    ("target:\n  loihi:\n    chips: 1\n", "target:\n", "SNN202", "target"),
    ("target:\n  loihi:\n    chips: 1\n", "target: loihi2\n", "SNN201", "loihi2"),
    ("encode:\n  conv:", "encode:\n  conf:", "SNN201", "conf"),
    ("chips: 1", "chip: 1", "SNN203", "chip"),
    ("chips: 1", "chips: 0", "SNN206", "0"),
    ("chips: 1", "chips: 1\n    cores: 500", "SNN407", "500"),
    ("- dense:", "- densee:", "SNN200", "densee"),
    ("- conv3d: {name: c1", "- conv2d: {name: c1", "SNN300", None),
    ("- conv3d: {name: c1", "- upsample: {name: c1", "SNN911", "upsample"),
    ("- dense:\n      name: d0\n      units: 64",
     "- lstm:\n      name: d0\n      units: 64", "SNN909", "lstm"),
    ("units: 64", "units: 64\n      activation: softmax", "SNN901", "softmax"),
    ("units: 64", "units: 64\n      neuron: {sigmoid: {}}", "SNN902", "sigmoid"),
    ("units: 64", "units: 64\n      axis: 1", "SNN914", "axis"),
    ("units: 64", "units: 64\n      layernorm: true", "SNN910", "layernorm"),
    ("kernel: 3, stride: 2", "kernel: 3, stride: 2, dilation: 2", "SNN314", "2"),
    ("kernel: 3, stride: 2", "kernel: 3, groups: 3", "SNN315", "3"),
    ("kernel: 3, stride: 2", "kernel: 3, padding: some", "SNN210", "some"),
    ("kernel: 3, stride: 2", "kernel: 3, from: c9", "SNN250", "c9"),
    ("kernel: 3, stride: 2", "kernel: 3, from: [c0, encode]", "SNN223", "encode"),
    ("kernel: 3, stride: 2", "kernel: 3, from: []", "SNN135", "[]"),
    ("kernel: 3, stride: 2", "kernel: 3, from: {name: c0}", "SNN135", "{name: c0}"),
    ("kernel: 3, stride: 2", "kernel: 3, shortcut: c9", "SNN250", "c9"),
    ("kernel: 3, stride: 2", "kernel: 3, shape: 4x4", "SNN216", "4x4"),
    ("kernel: 3, stride: 2", "kernel: 3, block: [9, 9]", "SNN402", "[9, 9]"),
    ("kernel: 3, stride: 2", "kernel: 3, block: 9x9x9x9", "SNN403", "9x9x9x9"),
    ("kernel: 3, stride: 2", "kernel: 3, synapse: 9 s", "SNN503", "9 s"),
    ("filters: 8\n      kernel", "filtres: 8\n      kernel", "SNN203", "filtres"),
    ("  - conv3d:\n      name: c0\n      filters: 8\n", "  - conv3d:\n      name: c0\n",
     "SNN259", None),
    ("  - dense:\n      name: d0\n", "  - dense:\n", "SNN212", "dense"),
    ("name: d0", "name:", "SNN107", "name"),
    ("name: d0", "name: c1", "SNN214", "c1"),
    ("name: d0", "name: 10", "SNN100", "10"),
    ("name: d0", "name: d-0", "SNN213", "d-0"),
    ("name: d0", "name: lambda", "SNN213", "lambda"),
    ("name: d0", "name: [d0]", "SNN135", "[d0]"),
    ("name: d0", "nam: d0", "SNN203", "nam"),
    ("  - dense:\n", "  - dense: {name: left, units: 4}\n  - dense:\n      from: c1\n",
     "SNN252", None),
    ("readout:\n  name: direction\n  decide: last\n  classes: 8\n",
     "readout:\n  name: direction\n  decide: last\n",
     "SNN211", None),
    ("  classes: 8\n", "  classes: 8\n  units: 2\n", "SNN220", "units: 2"),
    ("classes: 8", "classes: 1", "SNN206", "1"),
    ("classes: 8", "classes: [a, b, a]", "SNN221", "a"),
    ("classes: 8", "classes: [yes, no, 3]", "SNN205", "3"),
    ("classes: 8", "classes: {a: 1, b: 2}", "SNN138", "b"),
    ("loss: cross_entropy", "loss: crossentropy", "SNN210", "crossentropy"),
    ("loss: cross_entropy", "loss: cross entropy", "SNN100", None),
    ("adam:\n", "adan:\n", "SNN210", "adan"),
    ("learning_rate:", "momentum:", "SNN203", "momentum"),
    ("learning_rate: 1.0e-3", "lr: 1.0e-3", "SNN203", "lr"),
    ("learning_rate: 1.0e-3", "learning_rate: fast", "SNN205", "fast"),
    ("batch: 64", "batch: 0", "SNN206", "0"),
    ("batch: 64", "batch_size: 64", "SNN203", "batch_size"),
    ("batch: 64", "batch: 123456789012345678901", "SNN114", "123456789012345678901"),
    ("batch: 64", "batch: 64 examples", "SNN209", "examples"),
    ("l2: 5.0e-5", "l2: -1", "SNN206", "-1"),
]
# Old text, new text, the code, and a phrase of the help.
HELPED: list[tuple[str, str, str, str]] = [
    ("layers:\n  - conv3d:\n      name: c0\n      filters: 8\n      kernel: 3\n"
     "      stride: 1x2x2\n  - conv3d: {name: c1, filters: 16, kernel: 3, stride: 2}\n"
     "  - dense:\n      name: d0\n      units: 64\n      dropout: 0.2\n",
     "layers: {dense: {name: d0, units: 64}}\n", "SNN135",
     "begin each layer with a dash, such as `- dense: {name: d0, units: 64}`"),
    ("input:\n  name: clip\n  shape: 8x16x16x1\n  in: 0..1", "input: clip 8x16x16x1",
     "SNN135", "`input: {name: image, shape: 28x28x1, in: 0..1}`"),
    ("target:\n  loihi:\n    chips: 1", "target: {chips: 1}", "SNN201",
     "write `target: loihi` (the chip"),
    ("target:\n  loihi:\n    chips: 1", "target: loihi, chips 1", "SNN135",
     "write, for example, `target: {loihi: {chips: 1}}`"),
    ("  - dense:\n      name: d0\n", "  - dense d0:\n", "SNN200",
     "write the name below the kind: `dense: {name: d0, ...}`"),
    ("  - dense:\n", "  - fc7x:\n", "SNN200", "a layer begins with `add`, `avgpool`"),
    ("- conv3d: {name: c1,", "- c1: {type: Conv3D,", "SNN200",
     "write `conv3d: {name: c1, filters: 16, kernel: 3, stride: 2}`"),
    ("- dense:\n      name: d0\n", "- d0:\n      type: dense\n", "SNN200",
     "write `dense: {name: d0, units: 64, dropout: 0.2}`"),
    ("- dense:\n      name: d0\n      units: 64\n      dropout: 0.2",
     "- class_name: Dense\n    config: {units: 64}", "SNN138",
     "write the kind first, and the other keys below it: `dense: {...}`"),
    ("- dense:\n      name: d0\n      units: 64\n      dropout: 0.2\n",
     "- avgpool: 2\n", "SNN135", "`- avgpool: {window: 2}`"),
    ("units: 64", "units: 64\n      bias: False", "SNN205", "write `bias: off`"),
    ("units: 64", "units: 64\n      bias: 0", "SNN205", "write `bias: off`"),
    ("units: 64", "units: 64.0", "SNN205", "write `units: 64`"),
    ("name: d0", "name: d-0", "SNN213", "`d_0`"),
    ("kernel: 3, stride", "kernel: 3, from: c-0, stride", "SNN213", "`c_0`"),
    ("    adam:\n      learning_rate: 1.0e-3", "    adam: 1e-4", "SNN135",
     "`adam: {learning_rate: 1e-4}`"),
    ("\n    adam:\n      learning_rate: 1.0e-3", " adam 1e-4", "SNN100",
     "`optimizer: {adam: {learning_rate: 1.0e-4}}`"),
    ("  optimizer:\n    adam:\n      learning_rate: 1.0e-3", "  lr: 1e-4", "SNN203",
     "`optimizer: {adam: {learning_rate: 1.0e-4}}`"),
    ("kernel: 3, stride", "kernel: 3, from: input, stride", "SNN224", "`from: e`"),
    ("8x16x16x1", "8, 16, 16, 1", "SNN123", "write `8x16x16x1`"),
    ("in: 0..1", "in: 0-255", "SNN125", "`in: 0..255`"),
    ("in: 0..1", "range: [0, 255]", "SNN203", "did you mean `in`?"),
    ("dropout: 0.2", "dropout: 25%", "SNN124", "`dropout: 0.25`"),
    ("dropout: 0.2", "dropout: 0,25", "SNN102", "`dropout: 0.25`"),
    ("  - dense:\n", "  - Dropout: 0.25\n  - dense:\n", "SNN918", "`dropout: 0.25`"),
    ("rate: 20..150 Hz", "rate: 20..150Hz", "SNN102", "`20..150 Hz`"),
    ("    adam:\n      learning_rate: 1.0e-3",
     "    name: adam\n    learning_rate: 1e-4", "SNN138",
     "`adam: {learning_rate: 1e-4}`"),
    ("- dense:\n      name: d0\n      units: 64\n      dropout: 0.2",
     "- type: dense\n    name: d0\n    units: 64", "SNN138",
     "`dense: {name: d0, units: 64}`"),
    ("target:\n  loihi:\n    chips: 1", "target: {name: loihi, chips: 1}", "SNN138",
     "`loihi: {chips: 1}`"),
    ("- dense:\n      name: d0\n", "- name: d0\n    dense:\n", "SNN138",
     "`dense: {...}`"),
    ("name: d0", "name: [d0]", "SNN135", "`d0`, without brackets"),
    ("chips: 1", "chips 1", "SNN135", "`loihi: {chips: 1}`"),
    ("timing:\n  dt: 1 ms\n  present: 60 ms\n  synapse: 5 ms", "timing: 1 ms",
     "SNN135", "`timing: {dt: 1 ms}`"),
    ("layers:", "layer:", "SNN200", "did you mean `layers`?"),
    ("layers:", "Layers:", "SNN200", "did you mean `layers`?"),
    ("layers:", "foo:", "SNN200", "`encode`, `layers`, `readout`"),
]
# Whole files, the code and the line.
WHOLE: list[tuple[str, str, int]] = [
    ("", "SNN119", 1),
    ("# nothing but this\n", "SNN119", 1),
    ("---\n...\n", "SNN119", 2),
    ("- snn: 1\n", "SNN135", 1),
    ("snn 1\n", "SNN135", 1),
    ("null\n", "SNN135", 1),
    ("|\n  snn: 1\n", "SNN135", 1),
]
# The line is counted from the top.
ELSEWHERE: list[tuple[str, str, str, int]] = [
    ("network: drift\n", "", "SNN136", 1),
    ("readout:\n  name: direction\n  decide: last\n  classes: 8\n", "", "SNN218", 2),
    ("chips: 1", "cores: 2", "SNN406", 22),
]
MISTAKES = [*NOT_READ, *FORMS, *VALUES, *WORDS]
