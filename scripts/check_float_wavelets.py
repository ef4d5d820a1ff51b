#!/usr/bin/env python3
"""How far wavelet bands in single precision are from those in double precision, for scans stored in single precision.

    scripts/check_float_wavelets.py SCAN MASK [SCAN MASK ...]

PyRadiomics filters such scans in single precision, this program in double precision. Printed for each scan: the largest
difference of a band in parts of its range in the region's box, and how many voxels of the region fall into another bin
of width 25, in all bands. Needs Python 3 with numpy, PyWavelets and SimpleITK.
"""
import sys

import numpy as np
import pywt
import SimpleITK as sitk


def bands(image):
    """The eight bands of PyRadiomics' default: coif1, one level, axes lengthened to an even number of voxels."""
    padded = np.pad(image, [(0, n % 2) for n in image.shape], "wrap")
    part = tuple(slice(0, n) for n in image.shape)
    return {name: band[part] for name, band in pywt.swtn(padded, "coif1", level=1)[0].items()}


differs, voxels, worst = 0, 0, 0.0
for scan, mask in zip(sys.argv[1::2], sys.argv[2::2]):
    image = sitk.GetArrayFromImage(sitk.ReadImage(scan)).astype(np.float32)
    inside = sitk.GetArrayFromImage(sitk.ReadImage(mask)) == 1
    single, double = bands(image), bands(image.astype(np.float64))
    apart, far = 0, 0.0
    for name, exact in double.items():
        rounded = single[name]
        assert rounded.dtype == np.float32, rounded.dtype
        span = exact[inside].max() - exact[inside].min()
        far = max(far, np.abs(rounded[inside] - exact[inside]).max() / span)
        apart += np.count_nonzero(np.floor(rounded[inside].astype(float) / 25) != np.floor(exact[inside] / 25))
        voxels += np.count_nonzero(inside)
    print(f"{scan}: {far:.1e} of the range, {apart} voxels in another bin")
    differs, worst = differs + apart, max(worst, far)
print(f"all: {worst:.1e} of the range, {differs} of {voxels} voxels in another bin")
