#!/usr/bin/env python3
"""PTX of the CUDA kernels of voxelmaps: made, and checked against what is committed. Needs no GPU and no CUDA.

    scripts/kernels.py build    compiles crates/voxelmaps/kernels/*.cu to ptx/*.ptx and writes budget.toml
    scripts/kernels.py check    compiles again: the committed PTX must be the same, and no kernel may need more
                                registers, stack, spills or shared memory than budget.toml says

Two wheels from the Python package index are unpacked once (62 MB) into a folder outside of the tree, which
RADIOMICS_KERNEL_TOOLS names: NVRTC 12.4 writes PTX 8.4, which drivers from 550 on read; ptxas 13.0 makes
machine code of it and tells what it needs. Exit status 3: the wheels are not there and cannot be had.
"""

import ctypes
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

KERNELS = pathlib.Path(__file__).resolve().parent.parent / "crates/voxelmaps/kernels"
WHEELS = """\
nvidia-cuda-nvrtc-cu12==12.4.127 --hash=sha256:a178759ebb095827bd30ef56598ec182b85547f1508941a3d560eb7ea1fbf338
nvidia-cuda-nvcc==13.0.88 --hash=sha256:56fe502eb77625a12f25172caa3cdddb4e4c8ba2c8c17dba44b164761b380f03
"""
# No contraction: the GPU rounds as the processor does, so what the emulation shows holds.
OPTIONS = ["--gpu-architecture=compute_75", "--std=c++17", "--fmad=false", f"--include-path={KERNELS}"]
CARDS = ["sm_75", "sm_80", "sm_90"]


def tools():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    folder = pathlib.Path(os.environ.get("RADIOMICS_KERNEL_TOOLS", cache / "radiomics-kernel-tools"))
    if not (folder / "nvidia/cu13/bin/ptxas").exists() or not (folder / "nvidia/cuda_nvrtc").exists():
        with tempfile.TemporaryDirectory() as temporary:
            wanted = pathlib.Path(temporary) / "wheels.txt"
            wanted.write_text(WHEELS)
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            pip += ["--only-binary", ":all:", "--require-hashes", "--target", str(folder), "-r", str(wanted)]
            if subprocess.run(pip, check=False).returncode != 0:
                print(f"kernels.py: the wheels with NVRTC and ptxas cannot be installed into {folder}", file=sys.stderr)
                sys.exit(3)
    return folder


class Nvrtc:
    def __init__(self, folder):
        lib = folder / "nvidia/cuda_nvrtc/lib"
        ctypes.CDLL(str(lib / "libnvrtc-builtins.so.12.4"), mode=ctypes.RTLD_GLOBAL)  # which NVRTC asks for by name
        self.lib = ctypes.CDLL(str(lib / "libnvrtc.so.12"))

    def _text(self, program, kind):
        size = ctypes.c_size_t()
        getattr(self.lib, f"nvrtcGet{kind}Size")(program, ctypes.byref(size))
        text = ctypes.create_string_buffer(size.value)
        getattr(self.lib, f"nvrtcGet{kind}")(program, text)
        return text.value.decode()

    def compile(self, source):
        program = ctypes.c_void_p()
        self.lib.nvrtcCreateProgram(ctypes.byref(program), source.read_bytes(), source.name.encode(), 0, None, None)
        options = (ctypes.c_char_p * len(OPTIONS))(*(option.encode() for option in OPTIONS))
        if self.lib.nvrtcCompileProgram(program, len(OPTIONS), options) != 0:
            sys.exit(f"{source.name}:\n{self._text(program, 'ProgramLog')}")
        return self._text(program, "PTX")


def stamp():
    """Of all sources, so that a test without any tool sees when the PTX is out of date."""
    digest = hashlib.sha1()
    for source in sorted([*KERNELS.glob("*.cu"), *KERNELS.glob("*.cuh")]):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()


def resources(ptxas, ptx):
    """Of each kernel on each card: registers, and bytes of stack, spills, shared memory."""
    found = {}
    for card in CARDS:
        command = [str(ptxas), "-v", f"-arch={card}", "-o", os.devnull, str(ptx)]
        log = subprocess.run(command, check=False, capture_output=True, text=True)
        if log.returncode != 0:
            sys.exit(f"ptxas {card} {ptx.name}:\n{log.stderr}")
        for part in log.stderr.split("Compiling entry function '")[1:]:
            number = lambda pattern: int(m.group(1)) if (m := re.search(pattern, part)) else 0
            found[f"{part.split(chr(39))[0]}.{card}"] = {
                "registers": number(r"Used (\d+) registers"),
                "stack": number(r"(\d+) bytes stack frame"),
                "spills": number(r"(\d+) bytes spill stores") + number(r"(\d+) bytes spill loads"),
                "shared": number(r"(\d+) bytes smem"),
            }
    return found


def main():
    action = sys.argv[1] if len(sys.argv) == 2 else ""
    if action not in ("build", "check"):
        sys.exit(__doc__)
    folder = tools()
    nvrtc, ptxas = Nvrtc(folder), folder / "nvidia/cu13/bin/ptxas"
    ptxas.chmod(0o755)
    output, wrong, found = KERNELS / "ptx", [], {}
    output.mkdir(exist_ok=True)
    for source in sorted(KERNELS.glob("*.cu")):
        text = f"// Generated from {source.name} by scripts/kernels.py; not to be edited.\n// Sources {stamp()}\n"
        text += nvrtc.compile(source)
        target = output / f"{source.stem}.ptx"
        if action == "build":
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            wrong.append(f"{target.name} is not what {source.name} compiles to: run scripts/kernels.py build")
            continue
        found |= resources(ptxas, target)
    budget = KERNELS / "budget.toml"
    if action == "build":
        lines = ["# What each kernel needs on each card, as ptxas says: bytes, but for the registers of a thread. Dynamic shared"]
        lines += ["# memory is not in it. Written by scripts/kernels.py build; its check fails on a rise."]
        for kernel, needs in sorted(found.items()):
            lines += ["", f"[{kernel}]", *(f"{name} = {value}" for name, value in needs.items())]
        budget.write_text("\n".join(lines) + "\n")
    allowed = tomllib.loads(budget.read_text())
    for kernel, needs in sorted(found.items()):
        name, card = kernel.split(".")
        print(f"{kernel:24}" + "".join(f"  {what} {value}" for what, value in needs.items()))
        for what, value in needs.items():
            limit = allowed.get(name, {}).get(card, {}).get(what, 0)
            if value > limit:
                wrong.append(f"{kernel} needs {value} of {what}, budget.toml allows {limit}")
        if needs["spills"] > 0:
            wrong.append(f"{kernel} spills registers: {needs['spills']} bytes")
    sys.exit("\n".join(wrong) if wrong else 0)


main()
