"""How much may be asked of netspec.  Every bound stands here, with its reason; docs/limits.md lists
them.
"""

#: Bytes of a spec: thirty times the largest net of the literature written out layer by layer.
MAX_FILE_BYTES = 5_000_000
#: Levels of nesting, of YAML and of brackets in a pattern: no net needs ten; recursion must stay
#: bounded.
MAX_DEPTH = 64
#: Patterns within patterns, blocks put in place; also the height of one pattern.
MAX_NESTING = 100
#: YAML nodes that aliases may add to a document ("billion laughs").
MAX_ALIASED_NODES = 20_000
#: Layers of a net, and iterations of all its repeats.
MAX_LAYERS = 1_000_000
#: Steps of an elaboration: items run or passed over, and a quarter for each term or tensor that one
#: takes.  Ten for each of a million layers; a short text could repeat nothing, or a long sum, for
#: hours.
MAX_STEPS = 10_000_000
#: Steps of `netspec.check(text)`, which must answer in a second: 600 times ResNet-50's.
CHECK_STEPS = 25_000
#: Bodies of blocks and repeats, each with other values, that are looked at to count layers.
MAX_VARIANTS = 20_000
#: Characters of an identifier.
MAX_NAME = 200
#: Largest size of one axis; ONNX and the kernels that run it count with 32 bits.
MAX_DIMENSION = 2**31 - 1
#: Most elements of one tensor, for one sample.
MAX_ELEMENTS = 2**63 - 1
#: Largest integer that arithmetic in a spec may reach.
MAX_INTEGER = 2**63 - 1
#: Findings of one file that are reported; more would bury the first.
MAX_DIAGNOSTICS = 200
#: Letters of known names that are held against a mistyped one.
MAX_COMPARED = 4_000
#: Letters of a word that is looked up among the known ones, mistyped as it is.
MAX_TYPED = 60

#: Passes over the samples of training: at a second each, two weeks.
MAX_EPOCHS = 100_000
#: Samples of one step of training: more than a batch of all of MNIST.
MAX_BATCH = 1_000_000
#: Layers of a net whose step of training `check --train` plays through, for `netspec train`: of
#: more it would take longer than a check may.
MAX_STEP_LAYERS = 2_000
#: Pixels that are put around a picture before a window of it is cut out.
MAX_PADDING = 1_000

#: Boxes of repeats and blocks in a diagram, of which the innermost go first: Graphviz's time and
#: memory grow with their square.
MAX_BOXES = 2_000
#: Layers that are laid out; more are no picture, and take Graphviz minutes.
MAX_DRAWN_LAYERS = 20_000
#: Tensors of a picture in the style `volumes`: a poster of a metre has room for no more.
MAX_DRAWN_TENSORS = 1_000
#: For a drawing, all in all, so that it ends within a minute.
DRAWING_SECONDS = 55.0
#: For the `dot` program alone, so that one that hangs leaves time for pygraphviz.
PROGRAM_SECONDS = 30.0
#: Address space of a process that draws.
DRAWING_BYTES = 2 << 30
#: Layers of a net on a page: rows of its table; a browser shows so many without a pause.
MAX_PAGE_LAYERS = 20_000
#: Parts and arrows of a page, with what unfolds; what is more stays folded.
MAX_PAGE_PARTS = 100_000
#: Nodes that a page lays out: more take a browser longer than a reader waits.
MAX_PAGE_NODES = 3_000
#: For a layout in the browser, before the page goes back to what it showed.
PAGE_SECONDS = 20

#: Bytes of a safetensors header, which is what its own library takes, and of the directory of an
#: .npz.
MAX_HEADER_BYTES = 100_000_000
#: Axes of a tensor in a weight file: what NumPy takes.
MAX_AXES = 64
#: Bytes of the index of a sharded safetensors file: five times the largest that is shared
#: (DeepSeek-V3's, of 92 thousand tensors).
MAX_INDEX_BYTES = 50_000_000
#: Steps of the search for the layers that a file's names mean: a hundred times those of the nets
#: with the most names (2,000 for ResNet-152).
MATCH_STEPS = 200_000
#: Tensors of a weight file that are named as wrong.
MAX_NAMED_TENSORS = 200
#: Pictures with more pixels are refused before they are decoded.
MAX_PIXELS = 100_000_000
#: A member of an .npz that inflates to more than this and MAX_INFLATION times what it is packed to
#: is a trap.
MAX_INFLATED_BYTES = 1 << 30
#: Zeros shrink a thousandfold; data that anyone measured do not shrink a hundredfold.
MAX_INFLATION = 100
