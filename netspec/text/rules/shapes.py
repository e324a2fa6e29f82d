"""Pages of tensors that do not fit the layers which they enter."""

from __future__ import annotations

from netspec.text.rules.rule import Rule, spec

SHAPES = (
    Rule(
        "rank",
        "error",
        "A layer over height and width meets a vector, or the other way round. After FC, FLATTEN"
        " or GAP a tensor has no area. Move the layer before that point, or make an area with"
        " RESHAPE.",
        spec("INPUT -> FC(64) -> CONV(8)"),
        spec("INPUT -> CONV(8) -> FC(64)"),
    ),
    Rule(
        "window-too-large",
        "error",
        "A window is larger than the padded tensor that enters it. There is nowhere to put it: H'"
        " = (H + pads - (dilation*(kernel - 1) + 1)) // stride + 1 would be below 1. Usually the"
        " layers before have shrunk the picture too far: pad them, or leave out a pool.",
        spec("INPUT -> [CONV(8, pad=half) -> RELU -> POOL]*6"),
        spec("INPUT -> [CONV(8, pad=half) -> RELU -> POOL]*5"),
    ),
    Rule(
        "half-padding",
        "error",
        "`pad: half` needs an odd window. It puts (k-1)/2 zeros on each side, which keeps the"
        " size at stride 1, but is no integer for an even window. Use an odd kernel, or `pad:"
        " same`, which puts the odd pixel at the end, or four numbers.",
        spec("INPUT -> CONV(8, 4, pad=half)"),
        spec("INPUT -> CONV(8, 3, pad=half)"),
    ),
    Rule(
        "padding",
        "error",
        "The pads leave nothing real. A pool whose pads reach its window would take the maximum or"
        " the mean of padding alone, and the pads of a DECONV, which crop its output, may not crop"
        " all of it.",
        spec("INPUT -> POOL(2, pad=2)"),
        spec("INPUT -> POOL(2, pad=1)"),
    ),
    Rule(
        "output-pad",
        "error",
        "The `output_pad` of DECONV is too large, or stands beside `pad: same`. It chooses among"
        " the sizes that a strided convolution maps to the same size, so it is smaller than the"
        " stride or the dilation. With `pad: same` the output is exactly H*stride, and there is"
        " nothing to choose.",
        spec("INPUT -> DECONV(8, 3, 2, pad=1, output_pad=2)"),
        spec("INPUT -> DECONV(8, 3, 2, pad=1, output_pad=1)"),
    ),
    Rule(
        "groups",
        "error",
        "The channels do not divide into that many equal groups. For CONV and DECONV both the input"
        " channels and the filters must; for GROUPNORM and SHUFFLE the channels.",
        spec("INPUT -> CONV(8, groups=2)"),
        spec("INPUT -> CONV(9, groups=3)"),
    ),
    Rule(
        "pieces",
        "error",
        "The channels do not divide into the pieces of MAXOUT. It keeps the largest of every"
        " `pieces` channels, so their number must be a multiple of it.",
        spec("INPUT -> CONV(9) -> MAXOUT(2)"),
        spec("INPUT -> CONV(8) -> MAXOUT(2)"),
    ),
    Rule(
        "slice",
        "error",
        "SPLIT asks for a slice that does not exist, or the slices are not equal. SPLIT(index,"
        " of) is one of `of` equal slices of the channels, counted from 0. The index is not below"
        " `of`, or the channels do not divide into that many slices.",
        spec("INPUT -> CONV(8) -> CONCAT{ SPLIT(1, 2) | SPLIT(2, 2) }"),
        spec("INPUT -> CONV(8) -> CONCAT{ SPLIT(0, 2) | SPLIT(1, 2) }"),
    ),
    Rule(
        "channels",
        "error",
        "PADC has fewer channels to make than it is given. It appends channels of zeros until"
        " there are `filters`, and can take none away. A convolution of kernel 1 makes fewer.",
        spec("INPUT -> CONV(16) -> PADC(8)"),
        spec("INPUT -> CONV(16) -> PADC(32)"),
    ),
    Rule(
        "axis",
        "error",
        "The tensor has no such axis. They are counted for one sample: 0 is the channels, 1 the"
        " rows, 2 the columns; the batch does not count, and a vector has axis 0 alone.",
        spec("INPUT -> FC(10) -> SOFTMAX(axis=1)"),
        spec("INPUT -> FC(10) -> SOFTMAX"),
    ),
    Rule(
        "reshape",
        "error",
        "RESHAPE asks for another number of elements than enter. It lays the same elements out"
        " anew, so the product of the new sizes must be their number.",
        spec("INPUT -> RESHAPE([3, 1000])"),
        spec("INPUT -> RESHAPE([3, 1024])"),
    ),
    Rule(
        "merge-shapes",
        "error",
        "The branches of a merge end in tensors that do not fit together. ADD takes equal shapes,"
        " MUL also a C or Cx1x1 over CxHxW, CONCAT equal heights and widths. In a residual block"
        " the usual cause is a stride or a number of filters that only one branch has.",
        spec("INPUT -> CONV(8) -> ADD{ | CONV(16, 1) } -> RELU"),
        spec("INPUT -> CONV(8) -> ADD{ | CONV(8, 1) } -> RELU"),
    ),
)
