"""Times MIRP's filters: bench_filters_mirp.py IMAGE MASK [FILTER ...]; one JSON line for each filter.

Only the making of the response map counts, not reading, not what is done with the map. One thread on one core; processor time.
"""
import json, os, resource, sys, time, warnings

warnings.filterwarnings("ignore")
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
from mirp import extract_images
from mirp._workflows.standardWorkflow import StandardWorkflow

WAVELET = dict(filter_kernels="separable_wavelet", separable_wavelet_families="db3",
               separable_wavelet_rotation_invariance=True, separable_wavelet_pooling_method="mean")
SIMONCELLI = dict(filter_kernels="nonseparable_wavelet", nonseparable_wavelet_families="simoncelli")
FILTERS = dict(
    mean=dict(filter_kernels="mean", mean_filter_kernel_size=5),
    gaussian=dict(filter_kernels="gaussian", gaussian_sigma=1.5, gaussian_kernel_truncate=4.0),
    log=dict(filter_kernels="laplacian_of_gaussian", laplacian_of_gaussian_sigma=1.5,
             laplacian_of_gaussian_kernel_truncate=4.0),
    laws=dict(filter_kernels="laws", laws_kernel="l5e5e5", laws_delta=7, laws_compute_energy=True,
              laws_rotation_invariance=True, laws_pooling_method="max"),
    gabor=dict(filter_kernels="gabor", gabor_sigma=5.0, gabor_lambda=2.0, gabor_gamma=1.5, gabor_theta=0.0,
               gabor_theta_step=22.5, gabor_response="modulus", gabor_rotation_invariance=True,
               gabor_pooling_method="mean"),
    wavelet_level1=dict(WAVELET, separable_wavelet_set="llh", separable_wavelet_decomposition_level=1),
    wavelet_level2=dict(WAVELET, separable_wavelet_set="hhh", separable_wavelet_decomposition_level=2),
    simoncelli_level1=dict(SIMONCELLI, nonseparable_wavelet_decomposition_level=1),
    simoncelli_level2=dict(SIMONCELLI, nonseparable_wavelet_decomposition_level=2),
    riesz_log=dict(filter_kernels="riesz_log", laplacian_of_gaussian_sigma=1.5,
                   laplacian_of_gaussian_kernel_truncate=4.0, riesz_filter_order=[1, 0, 0], riesz_filter_tensor_sigma=1.0),
    riesz_simoncelli=dict(filter_kernels="riesz_nonseparable_wavelet", nonseparable_wavelet_families="simoncelli",
                          nonseparable_wavelet_decomposition_level=1, riesz_filter_order=[0, 2, 0],
                          riesz_filter_tensor_sigma=1.0),
)

seconds = []
plain = StandardWorkflow.transform_images


def timed(self, image):
    maps = plain(self, image)
    while True:
        start = time.process_time()
        try:
            response = next(maps)
        except StopIteration:
            return
        seconds.append(time.process_time() - start)
        yield response


StandardWorkflow.transform_images = timed
image, mask, *wanted = sys.argv[1:]
for name in wanted or FILTERS:
    seconds.clear()
    error = None
    try:
        extract_images(image=image, mask=mask, by_slice=False, boundary_condition="mirror", write_images=False,
                       image_export_format="numpy", base_discretisation_method="none", **FILTERS[name])
    except Exception as e:  # noqa: BLE001 - the table shows what failed
        error = f"{type(e).__name__}: {e}"[:300]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(dict(peer="mirp", filter=name, wall_s=list(seconds), peak_mb=peak, error=error)), flush=True)
