"""Compares the DICOM reader with pydicom and highdicom; called by check-dicom-files.sh."""

import subprocess
import sys
import warnings
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pydicom.data
from highdicom.seg import SegmentAlgorithmTypeValues, SegmentationTypeValues
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import pixel_array
from pydicom.sr.codedict import codes
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

warnings.filterwarnings("ignore")
READER, WORK = sys.argv[1], Path(sys.argv[2])


def read(paths, on=None):
    """What the reader says of each path, and the values it wrote."""
    out = WORK / "out"
    out.mkdir(exist_ok=True)
    arguments = [READER, out] + (["--on", on] if on else []) + [str(p) for p in paths]
    run = subprocess.run(arguments, capture_output=True, text=True)
    found = {}
    for line in run.stdout.splitlines():
        number, state, *rest = line.split("\t")
        values = np.fromfile(out / f"{number}.f64") if state == "ok" else None
        found[int(number)] = (state, rest, values)
    crash = ("CRASH", [run.stderr[-200:]], None)
    return [found.get(i, crash) for i in range(len(paths))]


def expected(path):
    """The values pydicom gives, with slope and intercept, or why there are none."""
    try:
        d = pydicom.dcmread(path, force=True)
        if not any(k in d for k in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
            return None, "no pixels"
        if d.get("SamplesPerPixel", 1) != 1:
            return None, "colour"
        a = pixel_array(d, raw=True).astype(float)
        slope = d.get("RescaleSlope") or d.get("DoseGridScaling") or 1
        return a * float(slope) + float(d.get("RescaleIntercept") or 0), ""
    except Exception as error:  # noqa: BLE001: whatever pydicom says
        return None, "pydicom: " + str(error).split("\n")[0][:60]


rows = []


def compare(name, found, values, why=""):
    state, said, got = found
    if state != "ok":
        result = why if why in ("no pixels", "colour") else "both refuse" if values is None else "refused"
        rows.append((name, result, said[0][:160]))
    elif values is None:
        rows.append((name, "reads", f"where {why}"))
    elif got.size != values.size:
        rows.append((name, "DIFFERS", f"{got.size} values, expected {values.size}"))
    else:
        off = np.abs(got - values.ravel())
        what = f"largest difference {off.max():g} in {np.count_nonzero(off)} of {off.size} values"
        # Decoders of lossy JPEG and JPEG 2000 may round otherwise.
        result = "works" if off.max() == 0 else "within 1" if off.max() <= 1 else "DIFFERS"
        rows.append((name, result, said[0] if off.max() == 0 else what))


def ct_series(folder, syntax=ExplicitVRLittleEndian, kind="uint16"):
    """Twelve slices on an oblique grid, written in a random order."""
    folder.mkdir()
    random = np.random.default_rng(3)
    voxels = random.integers(0, 4000, (12, 40, 33)).astype(kind)
    cosines = [0.8, 0.6, 0, -0.6, 0.8, 0]
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    slices = []
    for z, pixels in enumerate(voxels):
        d = Dataset()
        d.file_meta = FileMetaDataset()
        d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = study, series, frame
        d.Modality, d.PatientName, d.PatientID, d.StudyID = "CT", "A^B", "1", "1"
        d.PatientBirthDate = d.PatientSex = d.AccessionNumber = d.StudyDate = d.StudyTime = ""
        d.ReferringPhysicianName = d.PositionReferenceIndicator = d.PatientPosition = ""
        d.Manufacturer, d.SeriesNumber, d.InstanceNumber = "M", 1, z + 1
        d.ImageType, d.SliceThickness, d.KVP = ["ORIGINAL", "PRIMARY", "AXIAL"], 2.5, 120
        d.AcquisitionNumber, d.ContentDate, d.ContentTime = 1, "20200101", "120000"
        d.Rows, d.Columns, d.SamplesPerPixel = pixels.shape[0], pixels.shape[1], 1
        d.PhotometricInterpretation, d.PixelSpacing = "MONOCHROME2", [0.7, 0.9]
        d.ImageOrientationPatient = cosines
        d.ImagePositionPatient = [10.0, -20.0, 30 + 2.5 * z]
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 12, 11, 0
        d.RescaleSlope, d.RescaleIntercept, d.RescaleType = 1, -1024, "HU"
        d.PixelData = pixels.tobytes()
        d["PixelData"].VR = "OW"
        slices.append(d)
    for i, z in enumerate(random.permutation(12)):
        d = pydicom.Dataset(slices[z])
        d.file_meta = FileMetaDataset(slices[z].file_meta)
        if syntax in (RLELossless, JPEG2000Lossless, JPEGLSLossless):
            d.compress(syntax)
        elif syntax == ExplicitVRBigEndian:
            d.PixelData = slices[z].pixel_array.astype(">u2").tobytes()
            d.file_meta.TransferSyntaxUID = syntax
        else:
            d.file_meta.TransferSyntaxUID = syntax
        implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
        d.save_as(folder / f"{i:03}", implicit_vr=implicit, little_endian=little)
    return slices, voxels.astype(float) - 1024


def check_pydicom(more):
    folder = Path(pydicom.data.__file__).parent / "test_files"
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in ("", ".dcm") and p.name != "README")
    files += [Path(p) for p in more]
    for path, found in zip(files, read(files)):
        compare(f"pydicom {path.name}", found, *expected(path))


def check_series():
    for syntax in (
        ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian,
        RLELossless, JPEGLSLossless, JPEG2000Lossless,
    ):  # fmt: skip
        folder = WORK / f"series-{syntax}"
        _, values = ct_series(folder, syntax)
        compare(f"series {syntax.name}", read([folder])[0], values)


def check_highdicom():
    slices, values = ct_series(WORK / "series")
    equipment = dict(
        series_number=2, instance_number=1, manufacturer="M", manufacturer_model_name="N", software_versions="1",
        device_serial_number="1",
    )  # fmt: skip

    def save(dataset):
        path = WORK / f"{len(list(WORK.iterdir()))}.dcm"
        dataset.save_as(path)
        return path

    legacy = hd.legacy.LegacyConvertedEnhancedCTImage(
        slices, series_instance_uid=generate_uid(), series_number=3, sop_instance_uid=generate_uid(), instance_number=1
    )
    compare("highdicom enhanced CT", read([save(legacy)])[0], values)
    window = hd.pm.RealWorldValueMapping(
        lut_label="a", lut_explanation="b", unit=codes.UCUM.NoUnits, value_range=[-1000.0, 4000.0], slope=1.0, intercept=0.0
    )
    for kind in ("float32", "float64"):
        pm = hd.pm.ParametricMap(
            source_images=slices, pixel_array=(values * 0.1).astype(kind), sop_instance_uid=generate_uid(),
            series_instance_uid=generate_uid(), contains_recognizable_visual_features=False,
            real_world_value_mappings=[window],
            voi_lut_transformations=[hd.VOILUTTransformation(window_center=0, window_width=1)], **equipment,
        )  # fmt: skip
        compare(f"highdicom parametric map {kind}", read([save(pm)])[0], (values * 0.1).astype(kind).astype(float))

    random = np.random.default_rng(5)
    labels = random.integers(0, 4, values.shape).astype(np.uint8)
    labels[3] = labels[7] = 0

    def seg(array, kind, syntax, count):
        descriptions = [
            hd.seg.SegmentDescription(
                segment_number=i + 1, segment_label=f"region {i + 1}", segmented_property_category=codes.SCT.Tissue,
                segmented_property_type=codes.SCT.Liver, algorithm_type=SegmentAlgorithmTypeValues.MANUAL,
            )
            for i in range(count)
        ]  # fmt: skip
        return hd.seg.Segmentation(
            source_images=slices, pixel_array=array, segmentation_type=kind, segment_descriptions=descriptions,
            series_instance_uid=generate_uid(), sop_instance_uid=generate_uid(), transfer_syntax_uid=syntax, **equipment,
        )  # fmt: skip

    fractions = random.random((*values.shape, 1)).astype(np.float32)
    cases = [
        ("binary", labels, SegmentationTypeValues.BINARY, ExplicitVRLittleEndian, 3, labels),
        ("binary implicit", labels, SegmentationTypeValues.BINARY, ImplicitVRLittleEndian, 3, labels),
        ("label map", labels, SegmentationTypeValues.LABELMAP, ExplicitVRLittleEndian, 3, labels),
        ("label map RLE", labels, SegmentationTypeValues.LABELMAP, RLELossless, 3, labels),
        ("label map JPEG-LS", labels, SegmentationTypeValues.LABELMAP, JPEGLSLossless, 3, labels),
    ]
    for syntax in (ExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless):
        half = (np.around(fractions[..., 0] * 255) >= 0.5 * 255).astype(float)
        cases.append((f"fractional {syntax.name}", fractions, SegmentationTypeValues.FRACTIONAL, syntax, 1, half))
    for name, array, kind, syntax, count, want in cases:
        try:
            path = save(seg(array, kind, syntax, count))
        except Exception as error:  # noqa: BLE001: not every version writes every kind
            rows.append((f"highdicom SEG {name}", "not written", str(error).split("\n")[0][:90]))
            continue
        compare(f"highdicom SEG {name}", read([path], on=WORK / "series")[0], want.astype(float))


check_pydicom(sys.argv[3:])
check_series()
check_highdicom()
counts = {r: sum(1 for row in rows if row[1] == r) for r in sorted({row[1] for row in rows})}
print(", ".join(f"{count} {result}" for result, count in counts.items()) + "\n")
print("| file | result | what it is, or why it is refused |\n|---|---|---|")
for name, result, said in rows:
    print(f"| {name} | {result} | {said.replace('|', '/')} |")
