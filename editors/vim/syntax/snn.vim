" Written by editors/vim_syntax.py.
if exists("b:current_syntax")
  finish
endif
syntax keyword snnValue adam adamw add all auto avgpool balanced causal chip concat constant conv conv1d conv2d conv2d_transpose conv3d cosine cross_entropy dense depthwise1d depthwise2d depthwise3d downsample equal false focal host last lif loihi maxpool mean mse nengo neuron off on pes rate relu rest same scale sgd smooth spikes spread trained true upsample valid zero
syntax keyword snnKey alpha batch batchnorm beta_1 beta_2 bias block chips class_weight classes cores decide dilation dropout dt epochs epsilon error factor filters gamma groups kernel l2 label_smoothing learn learning_rate loss momentum multiplier nesterov neuron optimizer padding percentile phases place pop present rate schedule seed shortcut start stride synapse tau_rc tau_ref units validation weight_decay window
syntax keyword snnUnit Hz ms s us
syntax keyword snnClause as from in
syntax keyword snnRefused elu gelu layernorm lstm repeat sigmoid softmax swish tanh
syntax keyword snnHeader network snn
syntax keyword snnKind about add avgpool concat conv1d conv2d conv2d_transpose conv3d defaults dense depthwise1d depthwise2d depthwise3d downsample encode input maxpool neuron readout target timing train upsample
highlight default link snnValue Constant
highlight default link snnKey Identifier
highlight default link snnUnit Type
highlight default link snnClause Operator
highlight default link snnRefused Error
highlight default link snnHeader PreProc
highlight default link snnKind Statement
syntax match snnNumber "\v<[+-]?\d+%(\.\d+)?%([eE][+-]?\d+)?>"
syntax match snnNumber "\v<\d+%(x\d+)+>"
syntax match snnNumber "\v%([+-]?[0-9.]*\d)?\.\.%([+-]?\d[0-9.]*)?"
syntax region snnString start=/"/ skip=/\\./ end=/"/ oneline
syntax match snnComment "#.*$" contains=@Spell
highlight default link snnNumber Number
highlight default link snnString String
highlight default link snnComment Comment
let b:current_syntax = "snn"
