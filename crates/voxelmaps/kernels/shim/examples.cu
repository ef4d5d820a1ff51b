// Kernels that show what the emulation sees: two that are right, and four with faults that a GPU may hide. For its tests.
#include "common.cuh"

#define BLOCK 64

// Turns the values of a block round.
extern "C" __global__ void reversed(const u32 *in, u32 *out) {
    __shared__ u32 values[BLOCK];
    u32 thread = threadIdx.x, first = blockIdx.x * BLOCK;
    values[thread] = in[first + thread];
    __syncthreads();
    out[first + thread] = values[BLOCK - 1 - thread];
}
REGISTER(reversed)

// The same without a barrier.
extern "C" __global__ void reversed_without_barrier(const u32 *in, u32 *out) {
    __shared__ u32 values[BLOCK];
    u32 thread = threadIdx.x, first = blockIdx.x * BLOCK;
    values[thread] = in[first + thread];
    out[first + thread] = values[BLOCK - 1 - thread];
}
REGISTER(reversed_without_barrier)

// Each lane gets the sum of its warp, and adds how many lanes have an odd value.
extern "C" __global__ void warp_sums(const u32 *in, u32 *out) {
    u32 at = blockIdx.x * BLOCK + threadIdx.x, value = in[at], sum = value;
    for (u32 with = 16; with > 0; with /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, with);
    out[at] = sum + (u32)__popc(__ballot_sync(0xffffffffu, value & 1));
}
REGISTER(warp_sums)

// Half of the threads wait at one barrier, half at another.
extern "C" __global__ void two_barriers(const u32 *in, u32 *out) {
    if (threadIdx.x < BLOCK / 2) {
        __syncthreads();
        out[threadIdx.x] = in[threadIdx.x];
    } else {
        __syncthreads();
    }
}
REGISTER(two_barriers)

// One lane waits at a barrier, its warp at a shuffle.
extern "C" __global__ void barrier_and_shuffle(const u32 *in, u32 *out) {
    if (threadIdx.x == 3) __syncthreads();
    out[threadIdx.x] = __shfl_sync(0xffffffffu, in[threadIdx.x], 0);
}
REGISTER(barrier_and_shuffle)

// Lanes of a warp wait at different shuffles.
extern "C" __global__ void two_shuffles(const u32 *in, u32 *out) {
    u32 value = in[threadIdx.x];
    if (threadIdx.x % 2 == 0)
        value = __shfl_sync(0xffffffffu, value, 0);
    else
        value = __shfl_sync(0xffffffffu, value, 1);
    out[threadIdx.x] = value;
}
REGISTER(two_shuffles)
