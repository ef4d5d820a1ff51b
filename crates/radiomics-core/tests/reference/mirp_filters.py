"""Filters that MIRP has and IBSI 2 does not standardise, by MIRP 2.7.0: prints `filter,z,y,x,value` of every 17th voxel.
`filter` is a table of our parameter files. Made mirp_filters.csv.

    python mirp_filters.py > mirp_filters.csv
"""
import logging
import warnings

import numpy as np
from mirp import extract_images

warnings.filterwarnings("ignore")
logging.disable()
SHAPE = (8, 8, 8)  # MIRP exchanges the axes of what it makes by frequency
z, y, x = np.indices(SHAPE)
image = (((x * 37 + y * 101 + z * 59) * (x + 3 * y + 7 * z + 11) % 401) - 200.0).astype(np.float32)

WAVELET = dict(filter_kernels="separable_wavelet", separable_wavelet_families="coif1", separable_wavelet_set="llh",
               separable_wavelet_rotation_invariance=True)
LAWS = dict(filter_kernels="laws", laws_compute_energy=False, laws_rotation_invariance=True)
LOG = dict(filter_kernels="laplacian_of_gaussian", laplacian_of_gaussian_sigma=[0.6, 1.0],
           laplacian_of_gaussian_kernel_truncate=4.0)
SHANNON = dict(filter_kernels="nonseparable_wavelet", nonseparable_wavelet_families="shannon")
GABOR = dict(filter_kernels="gabor", gabor_sigma=0.6, gabor_lambda=2.0, gabor_gamma=1.5, gabor_theta=0.0,
             gabor_theta_step=45.0, gabor_response="modulus", gabor_rotation_invariance=False)
CASES = []
for mode, flat in (("3d", False), ("2d", True)):
    for operator in ("prewitt", "sobel"):
        for boundary in ("mirror", "zero", "nearest", "periodic"):
            CASES.append((f"type = '{operator}'; mode = '{mode}'; boundary = '{boundary}'", flat, boundary,
                          dict(filter_kernels=operator)))
    for level in (1, 2):
        CASES.append((f"type = 'shannon'; mode = '{mode}'; level = {level}; boundary = 'periodic'", flat, "periodic",
                      dict(SHANNON, nonseparable_wavelet_decomposition_level=level)))
for points in (5, 9, 7, 15, 19, 21, 27):
    for boundary in ("mirror", "zero"):
        CASES.append((f"type = 'laplacian'; stencil = {points}; boundary = '{boundary}'", points in (5, 9), boundary,
                      dict(filter_kernels="laplacian", laplace_stencil_size=points)))
for pooling in ("mean", "max", "min", "sum"):
    CASES.append((f"type = 'wavelet'; wavelet = 'coif1'; band = 'LLH'; rotation_pooling = '{pooling}'", False, "mirror",
                  dict(WAVELET, separable_wavelet_pooling_method=pooling)))
    kernels = "L5E5S5" if pooling in ("max", "min") else "L5S5S5"  # with an edge the rotations add up to 0
    # Of Laws' kernels MIRP adds up the different rotations, not all of them.
    if pooling != "sum":
        CASES.append((f"type = 'laws'; kernels = '{kernels}'; rotation_pooling = '{pooling}'", False, "mirror",
                      dict(LAWS, laws_kernel=kernels.lower(), laws_pooling_method=pooling)))
    CASES.append((f"type = 'log'; sigma_mm = [0.6, 1.0]; sigma_pooling = '{pooling}'", False, "mirror",
                  dict(LOG, laplacian_of_gaussian_pooling_method=pooling)))
    CASES.append((f"type = 'gabor'; sigma_mm = 0.6; lambda_mm = 2.0; gamma = 1.5; theta_step = 45; "
                  f"rotation_pooling = '{pooling}'", True, "mirror", dict(GABOR, gabor_pooling_method=pooling)))

print("filter,z,y,x,value")
for name, flat, boundary, settings in CASES:
    boundary = {"zero": "constant", "periodic": "wrap", "mirror": "reflect"}.get(boundary, boundary)
    found = extract_images(image=image, mask=np.ones(SHAPE, bool), by_slice=flat, boundary_condition=boundary,
                           write_images=False, image_export_format="numpy", base_discretisation_method="none",
                           ibsi_compliant=False, **settings)
    maps = found[0][0]
    response = maps[-1] if isinstance(maps, list) else maps
    response = np.asarray(response, np.float64)
    assert response.shape == SHAPE, (name, response.shape)
    for place in list(np.ndindex(SHAPE))[::17]:
        print(f"\"{name}\",{place[0]},{place[1]},{place[2]},{response[place]:.9g}")
