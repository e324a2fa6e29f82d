"""What PyTorch and Keras call the settings of training, their choices and options, and what these
are here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from netspec.text.tree import Scalar, Tree

#: Their settings, in small letters with `_`, and ours.
SETTINGS: Mapping[str, str] = {
    **dict.fromkeys(("lr", "learning_rate", "base_lr", "initial_lr"), "rate"),
    **dict.fromkeys(("batch_size", "minibatch", "mini_batch_size"), "batch"),
    **dict.fromkeys(("num_epochs", "n_epochs", "max_epochs"), "epochs"),
    **dict.fromkeys(("decay", "wd"), "weight_decay"),
    **dict.fromkeys(("scheduler", "lr_scheduler", "lr_schedule"), "schedule"),
    **dict.fromkeys(("criterion", "objective", "loss_fn"), "loss"),
    **dict.fromkeys(("validation_split", "val_split"), "split"),
    **dict.fromkeys(("validation_data", "val_data", "val"), "validation"),
    **dict.fromkeys(("train_data", "training_data", "dataset"), "data"),
    **dict.fromkeys(("patience", "early_stop"), "early_stopping"),
    **dict.fromkeys(("clip_norm", "clipnorm", "max_norm", "grad_clip", "max_grad_norm"), "clip"),
    **dict.fromkeys(("augmentation", "augmentations", "transform", "transforms"), "augment"),
    **dict.fromkeys(("initializer", "kernel_initializer"), "init"),
    **dict.fromkeys(("random_seed", "random_state"), "seed"),
    **dict.fromkeys(("dtype", "amp", "mixed_precision"), "precision"),
    "warmup_epochs": "warmup",
}
#: Their settings that are a choice here: ours, and what it is set to.
_CHOSEN: Mapping[str, tuple[str, str]] = {
    "momentum": ("optimizer", "{name: momentum, momentum: 0.9}"),
    "nesterov": ("optimizer", "{name: nesterov, momentum: 0.9}"),
    "gamma": ("schedule", "{name: step, every: 30, factor: 0.1}"),
    "step_size": ("schedule", "{name: step, every: 30, factor: 0.1}"),
    "label_smoothing": ("loss", "{name: cross-entropy, smoothing: 0.1}"),
}
#: Their choices by our settings, in small letters without `-` and `_`, and ours.
CHOICES: Mapping[str, Mapping[str, str]] = {
    "loss": {
        **dict.fromkeys(("mse", "mseloss", "meansquarederror", "l2loss"), "squared-error"),
        **dict.fromkeys(("sse", "sumsquarederror"), "sum-squared-error"),
        **dict.fromkeys(("bce", "bceloss", "bcewithlogitsloss"), "binary-cross-entropy"),
        "binarycrossentropy": "binary-cross-entropy",
        **dict.fromkeys(("nll", "nllloss", "logloss", "softmax"), "cross-entropy"),
        **dict.fromkeys(("crossentropyloss", "categoricalcrossentropy", "ce"), "cross-entropy"),
        "sparsecategoricalcrossentropy": "cross-entropy",
    },
    "optimizer": {"nag": "nesterov", "sgdm": "momentum", "sgdmomentum": "momentum"},
    "schedule": {
        **dict.fromkeys(("constant", "constantlr", "none"), "fixed"),
        "steplr": "step",
        **dict.fromkeys(("exponentiallr", "exponentialdecay"), "exponential"),
        **dict.fromkeys(("polynomiallr", "polynomialdecay", "poly"), "polynomial"),
        **dict.fromkeys(("linear", "linearlr"), "{name: polynomial, power: 1}"),
        **dict.fromkeys(("cosineannealing", "cosineannealinglr", "cosinedecay"), "cosine"),
        **dict.fromkeys(("reducelronplateau", "reduceonplateau"), "plateau"),
    },
    "augment": {
        **dict.fromkeys(("hflip", "horizontalflip", "randomhorizontalflip", "randomflip"), "flip"),
        "randomcrop": "crop",
        **dict.fromkeys(("color", "colorjitter", "jitter"), "colour"),
        **dict.fromkeys(("rotate", "rotation", "randomrotation"), "turn"),
        **dict.fromkeys(("zoom", "randomzoom"), "scale"),
        **dict.fromkeys(("translate", "translation", "randomtranslation"), "shift"),
    },
    "init": {
        **dict.fromkeys(("kaiming", "kaimingnormal", "henormal", "msra"), "he"),
        **dict.fromkeys(("xavier", "xavieruniform", "glorotuniform"), "glorot"),
        "lecunnormal": "lecun",
        **dict.fromkeys(("gaussian", "randomnormal"), "normal"),
        "randomuniform": "uniform",
        "zeros": "zero",
    },
    "precision": {
        **dict.fromkeys(("fp32", "single"), "float32"),
        **dict.fromkeys(("fp16", "half"), "float16"),
        "bf16": "bfloat16",
    },
}
#: Their options of choices, and what these may be here.
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "beta_1": ("beta1",),
    "beta_2": ("beta2",),
    "betas": ("beta1",),
    "epsilon": ("eps",),
    "eta_min": ("least",),
    "gamma": ("factor",),
    "label_smoothing": ("smoothing",),
    "p": ("chance",),
    "padding": ("pad",),
    "step_size": ("every",),
}


def meant_setting(word: str) -> str | None:
    """A help line for a setting that there is not; None where it is no word of theirs."""
    plain = word.lower().replace("-", "_")
    if plain in SETTINGS:
        return f"{word} is `{SETTINGS[plain]}` here"
    if plain in _CHOSEN:
        setting, choice = _CHOSEN[plain]
        return f"write `{setting}: {choice}`"
    return None


def meant_flag(flag: str) -> str | None:
    """The same for an option of the command line, with its dashes."""
    plain = flag.lstrip("-").replace("-", "_")
    if plain in SETTINGS:
        return f"it is --{SETTINGS[plain].replace('_', '-')} here"
    if plain in _CHOSEN:
        setting, choice = _CHOSEN[plain]
        return f"write --{setting} '{choice}'"
    return None


def meant_choice(setting: str, word: str) -> str | None:
    """The same for a choice of a setting."""
    plain = word.lower().replace("-", "").replace("_", "")
    ours = CHOICES.get(setting, {}).get(plain)
    return f"{word} is `{ours}` here" if ours else None


def meant_option(
    setting: str, word: str, known: Collection[str], settings: Collection[str]
) -> str | None:
    """The same for an option of a choice, which takes those that are `known`."""
    plain = word.lower()
    here = next((name for name in OPTIONS.get(plain, ()) if name in known), None)
    if here is not None:
        return f"{word} is `{here}` here"
    beside = SETTINGS.get(plain, plain)
    return f"`{beside}` is a setting of its own, beside `{setting}`" if beside in settings else None


def meant_number(setting: str, tree: Tree) -> str | None:
    """The same for a number: a part that is written in per cent."""
    value = tree.value if isinstance(tree, Scalar) else None
    if setting != "split" or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return f"it is a part: {value:g}% is `{value / 100:g}`" if 1 <= value < 100 else None
