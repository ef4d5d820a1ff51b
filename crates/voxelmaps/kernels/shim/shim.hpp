// Runs the kernels of the .cu files on the processor, so that they can be tested without a GPU.
//
// Each thread of a block is a fiber. Threads of a block run one after the other, each until it ends or waits at a
// barrier or at a warp operation, in an order that a seed chooses: two orders that give different results show a
// missing barrier. Blocks run one after the other.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

typedef std::uint8_t u8;
typedef std::uint16_t u16;
typedef std::int32_t i32;
typedef std::uint32_t u32;
typedef long long i64;
typedef unsigned long long u64;

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __constant__ const
#define __shared__ static // one block runs at a time

namespace shim {

struct Index {
    u32 x, y, z;
};

struct Fiber; // one thread of the block that runs

Index thread_index();
Index block_index();
Index block_size();
Index grid_size();
void *dynamic_shared();

// Lets the other threads run until all are here.
void barrier(int line);
// Gives `mine` to the warp and returns what lane `lane` gave (0 from one that has ended).
u64 exchange(u64 mine, u32 lane, int line);
u32 ballot(bool vote, int line);
u32 lane();

using Kernel = std::function<void(void **)>;
bool register_kernel(const char *name, Kernel kernel);

template <typename... A, std::size_t... I>
void call(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
    kernel(*static_cast<A *>(arguments[I])...);
}
template <typename... A> bool add(const char *name, void (*kernel)(A...)) {
    return register_kernel(name, [kernel](void **arguments) {
        call(kernel, arguments, std::index_sequence_for<A...>{});
    });
}

} // namespace shim

#define threadIdx (::shim::thread_index())
#define blockIdx (::shim::block_index())
#define blockDim (::shim::block_size())
#define gridDim (::shim::grid_size())
#define DYNAMIC_SHARED(name) u64 *name = static_cast<u64 *>(::shim::dynamic_shared())
#define REGISTER(kernel) static const bool registered_##kernel = ::shim::add(#kernel, kernel);
#define __syncthreads() ::shim::barrier(__LINE__)
#define __ballot_sync(mask, vote) ::shim::ballot(vote, __LINE__)
#define __shfl_sync(mask, value, from) ::shim::shuffle(value, from, __LINE__)
#define __shfl_xor_sync(mask, value, with) ::shim::shuffle(value, ::shim::lane() ^ (with), __LINE__)

namespace shim {
template <typename T> T shuffle(T value, u32 from, int line) {
    static_assert(sizeof(T) <= sizeof(u64), "a shuffle moves up to eight bytes");
    u64 bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    bits = exchange(bits, from, line);
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
} // namespace shim

inline int __popc(u32 x) { return __builtin_popcount(x); }
inline int __popcll(u64 x) { return __builtin_popcountll(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<u32>(x)); }
inline i64 __double_as_longlong(double x) {
    i64 bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}
inline double __longlong_as_double(i64 bits) {
    double x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}
template <typename T> T atomicAdd(T *at, T value) {
    T before = *at;
    *at = before + value;
    return before;
}
using std::max;
using std::min;
