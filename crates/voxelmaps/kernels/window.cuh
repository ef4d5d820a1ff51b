// The window of a voxel as bits: which of its 27 voxels are in the region, and which share a grey level.
#pragma once
#include "common.cuh"

// Packs the grey levels of the window around `centre` into words, four each; 0 where a voxel does not count.
// Returns the bits of those that do.
DEVICE u32 load_window(const Job &job, u32 centre, u32 (&packed)[7]) {
    u32 inside = 0;
#pragma unroll
    for (int k = 0; k < 7; k++) packed[k] = 0;
#pragma unroll
    for (int b = 0; b < 27; b++) {
        i32 offset = (b / 9 - 1) * job.plane + (b / 3 % 3 - 1) * job.row + (b % 3 - 1);
        u32 level = (job.window >> b & 1) ? job.levels[(i64)centre + offset] : 0;
        packed[b / 4] |= level << (8 * (b % 4));
        inside |= (level != 0 ? 1u : 0u) << b;
    }
    return inside;
}

// Bits of the voxels whose packed level is `level`.
DEVICE u32 equal_to(const u32 (&packed)[7], u32 level) {
    u32 wanted = level * 0x01010101u, bits = 0;
#pragma unroll
    for (int k = 0; k < 7; k++) {
        u32 x = packed[k] ^ wanted;
        // The high bit of each byte that is 0, moved together.
        u32 zero = ~(((x & 0x7f7f7f7fu) + 0x7f7f7f7fu) | x) & 0x80808080u;
        bits |= ((zero >> 7) * 0x10204080u >> 28) << (4 * k);
    }
    return bits;
}

// Shared memory of a window for each thread: grey levels, and for each voxel the bits of those with its level.
template <int BLOCK> struct Window {
    static const u32 BYTES = (27 * 4 + 28) * BLOCK;
    Column<BLOCK, u32> equal;
    Bytes<BLOCK> level;
    u32 inside;  // bits of the voxels that count
    u32 leaders; // bits of the first voxel of each grey level

    __device__ __forceinline__ Window(u8 *memory, u32 thread)
        : equal{(u32 *)memory + thread}, level{memory + 27 * 4 * BLOCK + 4 * thread}, inside(0), leaders(0) {}

    // Fills the columns, `packed` being the grey levels.
    __device__ __forceinline__ void fill(u32 bits, const u32 (&packed)[7]) {
        inside = bits;
#pragma unroll
        for (int k = 0; k < 7; k++) *(u32 *)&level[4 * k] = packed[k];
        for (u32 b = 0; b < 27; b++) {
            u32 same = inside >> b & 1 ? equal_to(packed, level[b]) & inside : 0;
            equal[b] = same;
            leaders |= (same & (0u - same)) & 1u << b;
        }
    }
};

// Walks over set bits: `for (u32 rest = bits; rest != 0; rest &= rest - 1) { u32 b = lowest(rest); ... }`.
DEVICE u32 lowest(u32 bits) { return (u32)__ffs((int)bits) - 1; }
