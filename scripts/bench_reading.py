"""Reads one scan in three forms with SimpleITK and with our reader, in turn; called by bench-reading.sh."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk

READER, WORK, REPEAT = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
SHAPE = (400, 512, 512)
FORMS = ("dicom", "gzip/scan.nii.gz", "plain/scan.nii")


def scan():
    """A CT-like body: air, soft tissue with noise of 20 HU, some bone; compresses about as a real CT does."""
    random = np.random.default_rng(1)
    z, y, x = np.ogrid[-1:1:400j, -1:1:512j, -1:1:512j]
    body = (x / 0.8) ** 2 + (y / 0.6) ** 2 < 1 - 0.2 * z**2
    voxels = np.where(body, 40, -1000).astype(np.int16)
    voxels[np.broadcast_to(x**2 + (y - 0.35) ** 2 < 0.01, SHAPE)] = 700
    noise = random.normal(0, 20, SHAPE).astype(np.float32)
    voxels += np.where(body, noise, noise / 4).astype(np.int16)
    image = sitk.GetImageFromArray(voxels)
    image.SetSpacing((0.78125, 0.78125, 1.25))
    image.SetOrigin((-200.0, -180.0, -250.0))
    return image


def make(image, folder):
    # Each form in a folder of its own: asked for `scan.nii.gz`, SimpleITK reads a `scan.nii` that lies beside it.
    for form in FORMS:
        (folder / form).parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, folder / "gzip" / "scan.nii.gz", useCompression=True)
    sitk.WriteImage(image, folder / "plain" / "scan.nii")
    (folder / "dicom").mkdir()
    writer = sitk.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    for k in range(image.GetDepth()):
        piece = image[:, :, k]
        fields = {
            "0008|0016": "1.2.840.10008.5.1.4.1.1.2", "0008|0018": f"2.25.1.{k + 1}", "0008|0060": "CT",
            "0020|000d": "2.25.2", "0020|000e": "2.25.3", "0020|0013": str(k + 1),
            "0020|0032": "\\".join(map(str, image.TransformIndexToPhysicalPoint((0, 0, k)))),
            "0020|0037": "1\\0\\0\\0\\1\\0", "0018|0050": "1.25", "0028|1052": "0", "0028|1053": "1",
        }  # fmt: skip
        for tag, value in fields.items():
            piece.SetMetaData(tag, value)
        writer.SetFileName(str(folder / "dicom" / f"{k:04}.dcm"))
        writer.Execute(piece)


def theirs(path):
    start = time.perf_counter()
    if path.is_dir():
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(path)))
        image = reader.Execute()
    else:
        image = sitk.ReadImage(path)
    return time.perf_counter() - start, image


def ours(path, threads):
    environment = dict(os.environ, RAYON_NUM_THREADS=str(threads))
    run = subprocess.run([READER, "--repeat", "2", path], capture_output=True, text=True, check=True, env=environment)
    found = json.loads(run.stdout)
    # The first run of a process also pays for its memory; SimpleITK's process is warm, too.
    return found["seconds"][1], found


def main():
    if not WORK.exists():
        make(scan(), WORK)
    threads = len(os.sched_getaffinity(0))
    print(f"| form | SimpleITK {sitk.Version.VersionString()}, s | ours, 1 thread | ours, {threads} threads | ratio | ours, GB/s |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in FORMS:
        path = WORK / name
        image = theirs(path)[1]  # kept: the view has no hold on it
        total = int(sitk.GetArrayViewFromImage(image).sum(dtype=np.int64))
        del image
        found = ours(path, 1)[1]
        assert found["sum"] == total, (found, total)
        times = {"theirs": [], 1: [], threads: []}
        for _ in range(REPEAT):
            times["theirs"].append(theirs(path)[0])
            for count in {1, threads}:
                times[count].append(ours(path, count)[0])
        peer, one, many = (statistics.median(times[k]) for k in ("theirs", 1, threads))
        rate = found["bytes"] / many / 1e9
        print(f"| {Path(name).name} | {peer:.3f} | {one:.3f} | {many:.3f} | {peer / many:.1f} | {rate:.2f} |")


main()
