"""Directions in which natural pictures vary.

Source: Olah, Mordvintsev & Schubert 2017, "Feature visualization", Distill, "Preconditioning and
parameterization".
"""

from __future__ import annotations

import numpy as np

from netspec.explain.maps import Array

#: A root of the covariance of red, green and blue over ImageNet, as the source's own code has it.
_COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.0, -0.05], [0.27, -0.09, 0.03]])


def natural(gradients: Array, *, reversed_colours: bool = False) -> Array:
    """Gradients of pictures, (N, C, H, W), the waves of each divided by their frequencies, and
    three channels mixed as their colours go together.

    The amplitudes of natural pictures fall so (Field 1987, "Relations between the statistics of
    natural images and the response properties of cortical cells"): what was as strong at all
    frequencies is then as natural pictures are. High ones, to which nets answer though pictures
    hold little of them, no longer prevail. Colours are red, green and blue, or the other way round.
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
