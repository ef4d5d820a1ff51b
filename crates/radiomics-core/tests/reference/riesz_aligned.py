"""Riesz transforms of a Laplacian of Gaussian along the axes of the structure tensor, by numpy and scipy: prints
`order,align,z,y,x,value` of every third voxel of a small periodic image. Made riesz_aligned.csv.

    python riesz_aligned.py > riesz_aligned.csv
"""
from math import factorial
import numpy as np
from scipy.ndimage import gaussian_filter

SHAPE, SIGMA = (6, 7, 8), 0.9
z, y, x = np.indices(SHAPE)
image = ((x * 37 + y * 101 + z * 59) * (x + 3 * y + 7 * z + 11) % 401) - 200.0

omega = np.stack(np.meshgrid(*[2 * np.pi * np.fft.fftfreq(n) for n in SHAPE], indexing="ij"))[::-1]
# Both ends of -pi to pi, the middle value first: how IBSI's reference maps of Riesz transforms are sampled.
closed = np.stack(np.meshgrid(*[np.roll(np.linspace(-np.pi, np.pi, n), -(n // 2)) for n in SHAPE], indexing="ij"))[::-1]
square = (omega**2).sum(0)
band = -square * np.exp(-(SIGMA**2) * square / 2)
size = np.sqrt((closed**2).sum(0))
size[size == 0] = np.inf
unit = closed / size
spectrum = np.fft.fftn(image)


def riesz(order, axes=None):
    """The transform along given axes; the same axes at all voxels."""
    axes = np.eye(3) if axes is None else axes
    along = np.tensordot(axes, unit, 1)
    weight = np.sqrt(factorial(sum(order)) / np.prod([factorial(n) for n in order]))
    kernel = (-1j) ** sum(order) * weight * np.prod([a**n for a, n in zip(along, order)], axis=0)
    return np.fft.ifftn(spectrum * band * kernel).real


first = [riesz(order) for order in np.eye(3, dtype=int)]
print("order,align,z,y,x,value")
for order, align in [((1, 0, 0), 1.0), ((0, 1, 0), 1.0), ((0, 2, 0), 1.0), ((1, 0, 1), 1.5), ((0, 1, 2), 0.7)]:
    tensor = np.array([[gaussian_filter(a * b, align, mode="wrap", truncate=4.0) for b in first] for a in first])
    for place in list(np.ndindex(SHAPE))[::3]:
        values, vectors = np.linalg.eigh(tensor[(slice(None), slice(None), *place)])
        axes = vectors.T[::-1]
        answers = axes @ np.array([f[place] for f in first])
        axes = axes * np.where(answers < 0, -1, 1)[:, None]
        # The whole image is transformed along the axes of this voxel, and this voxel is looked at.
        print("%d%d%d,%g,%d,%d,%d,%.17g" % (*order, align, *place, riesz(order, axes)[place]))
