"""Times the feature maps of PyRadiomics and prints one line of JSON.

  bench_maps_pyradiomics.py IMAGE MASK [--radius R] [--repeat K] [--without-mcc]

All features of its six classes, bin width 25, 1000 voxels in a batch (faster and smaller than its default), files
already read, no diagnostics, one core.
"""
import argparse, json, logging, os, resource, time, warnings

os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
    os.environ[name] = "1"
parser = argparse.ArgumentParser()
parser.add_argument("image")
parser.add_argument("mask")
parser.add_argument("--radius", type=int, default=1)
parser.add_argument("--repeat", type=int, default=1)
parser.add_argument("--without-mcc", action="store_true")
args = parser.parse_args()

warnings.filterwarnings("ignore")
import numpy as np
import SimpleITK as sitk
import radiomics
from radiomics import featureextractor

np.seterr(all="ignore")
radiomics.logger.setLevel(logging.CRITICAL)
logging.getLogger("radiomics.glcm").setLevel(logging.CRITICAL)


class Quiet:
    """Progress reporter: the one that newer versions ship refuses the keyword its callers use."""

    def __init__(self, iterable=None, desc="", total=None, **_):
        self.iterable = iterable

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __iter__(self):
        return iter(self.iterable)

    def update(self, *_):
        pass


radiomics.progressReporter = radiomics._DummyProgressReporter = Quiet
extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=25, label=1, additionalInfo=False)
extractor.settings.update(kernelRadius=args.radius, maskedKernel=True, initValue=float("nan"), voxelBatch=1000)
extractor.disableAllFeatures()
for name in ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"):
    extractor.enableFeatureClassByName(name)
if args.without_mcc:
    names = featureextractor.getFeatureClasses()["glcm"].getFeatureNames()
    extractor.enableFeaturesByName(glcm=[name for name, old in names.items() if not old and name != "MCC"])
image, mask = sitk.ReadImage(args.image), sitk.ReadImage(args.mask)
wall = []
for _ in range(args.repeat):
    start = time.perf_counter()
    maps = extractor.execute(image, mask, voxelBased=True)
    wall.append(time.perf_counter() - start)
voxels = int((sitk.GetArrayFromImage(mask) == 1).sum())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(peer="pyradiomics", threads=1, maps=len(maps), voxels=voxels, wall_s=wall, peak_mb=peak)))
