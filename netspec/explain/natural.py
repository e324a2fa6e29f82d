"""Directions in which natural pictures vary.

Source: Olah, Mordvintsev & Schubert 2017, "Feature visualization", Distill, "The enemy of feature
visualization" and "Preconditioning and parameterization".
"""

from __future__ import annotations

import numpy as np

from netspec.explain.maps import Array

#: A root of the covariance of red, green and blue over ImageNet, as the source's own code has it.
_COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]])


def natural(gradients: Array, *, reversed_colours: bool = False) -> Array:
    """Gradients of pictures, (N, C, H, W), with each frequency divided by itself, as the amplitudes
    of natural pictures fall, and three channels mixed as their colours go together.

    It is the same gradient in a space where the directions of natural pictures are of one length:
    high frequencies, to which nets answer though pictures hold little of them, no longer prevail.
    Colours are red, green and blue, or the other way round.
    """
    height, width = gradients.shape[-2:]
    lowest = 1 / max(height, width)
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    spectrum = np.fft.rfft2(gradients) / np.maximum(frequencies, lowest)
    smooth = np.fft.irfft2(spectrum, s=(height, width))
    if gradients.shape[1] == 3:
        together = _COLOURS @ _COLOURS.T
        mixing = together[::-1, ::-1] if reversed_colours else together
        smooth = np.einsum("dc,nchw->ndhw", mixing, smooth)
    return np.asarray(smooth, np.float32)
