// A stand-in for the NVIDIA driver: the functions of libcuda.so.1 that the program calls, with memory of the process for
// that of the card, and launches by shim.cpp. It tests the host side without a GPU: what is allocated, copied, launched and
// freed, and what happens when something fails. Everything is done at once, so it says nothing about the order of streams.
//
// Settings by the environment:
//   STAND_IN_CARDS=n        number of cards (1)
//   STAND_IN_MEMORY=n       bytes of a card; allocations beyond it fail
//   STAND_IN_NO_MEMORY_AT=n the n-th allocation fails, counted from 1
//   STAND_IN_REFUSE=1       PTX is refused
//   STAND_IN_FAIL_LAUNCH=n  the n-th launch fails
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "shim.hpp"

extern "C" int shim_has(const char *name);
extern "C" int shim_launch(const char *name, const u32 grid[3], const u32 threads[3], u32 shared_bytes, void **arguments,
                           u64 seed, char *message, u64 message_bytes);

enum Result { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, INVALID_CONTEXT = 201,
              INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, LAUNCH_FAILED = 719 };

namespace {

std::recursive_mutex lock;
std::map<u64, u64> allocations; // address and bytes
std::set<void *> host_allocations;
u64 allocated = 0, allocation_calls = 0, launches = 0;
int live_streams = 0, live_events = 0, live_modules = 0;
thread_local void *current = nullptr;

u64 setting(const char *name, u64 otherwise) {
    const char *text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Module {
    std::string ptx;
};
struct Function {
    std::string name;
};
std::map<std::string, Function> functions;
char contexts[64];

// Whether `bytes` at `address` lie in one allocation.
bool inside(u64 address, u64 bytes) {
    auto next = allocations.upper_bound(address);
    if (next == allocations.begin()) return false;
    --next;
    return address + bytes <= next->first + next->second;
}

int allocate(u64 *address, u64 bytes) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    allocation_calls++;
    if (current == nullptr) return INVALID_CONTEXT;
    if (bytes == 0) return INVALID_VALUE;
    if (allocation_calls == setting("STAND_IN_NO_MEMORY_AT", 0)) return OUT_OF_MEMORY;
    if (allocated + bytes > setting("STAND_IN_MEMORY", 1ull << 40)) return OUT_OF_MEMORY;
    void *memory = std::malloc(bytes);
    if (memory == nullptr) return OUT_OF_MEMORY;
    std::memset(memory, 0xff, bytes); // what is not written is not a number
    *address = reinterpret_cast<u64>(memory);
    allocations[*address] = bytes;
    allocated += bytes;
    return SUCCESS;
}

int release(u64 address) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    auto found = allocations.find(address);
    if (found == allocations.end()) return INVALID_VALUE;
    allocated -= found->second;
    std::free(reinterpret_cast<void *>(address));
    allocations.erase(found);
    return SUCCESS;
}

// Says at the end what was not given back.
struct Ledger {
    ~Ledger() {
        if (std::getenv("STAND_IN_LEDGER") != nullptr)
            std::fprintf(stderr, "stand-in: %zu allocations, %zu of the host, %d streams, %d events, %d modules left\n",
                         allocations.size(), host_allocations.size(), live_streams, live_events, live_modules);
    }
} ledger;

} // namespace

extern "C" {

int cuInit(unsigned) { return SUCCESS; }
int cuDriverGetVersion(int *version) { return *version = 12040, SUCCESS; }
int cuDeviceGetCount(int *count) { return *count = static_cast<int>(setting("STAND_IN_CARDS", 1)), SUCCESS; }
int cuDeviceGet(int *device, int ordinal) {
    if (ordinal < 0 || ordinal >= static_cast<int>(setting("STAND_IN_CARDS", 1))) return INVALID_DEVICE;
    return *device = ordinal, SUCCESS;
}
int cuDeviceGetName(char *name, int length, int device) {
    std::snprintf(name, length, "stand-in %d", device);
    return SUCCESS;
}
int cuDeviceGetAttribute(int *value, int, int) { return *value = 0, SUCCESS; } // no memory pools
int cuDeviceTotalMem_v2(u64 *bytes, int) { return *bytes = setting("STAND_IN_MEMORY", 1ull << 40), SUCCESS; }
int cuDevicePrimaryCtxRetain(void **context, int device) { return *context = &contexts[device], SUCCESS; }
int cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }
int cuCtxGetCurrent(void **context) { return *context = current, SUCCESS; }
int cuCtxSetCurrent(void *context) { return current = context, SUCCESS; }
int cuCtxSynchronize() { return SUCCESS; }
int cuMemGetInfo_v2(u64 *free, u64 *total) {
    *total = setting("STAND_IN_MEMORY", 1ull << 40);
    *free = *total - allocated;
    return SUCCESS;
}

int cuStreamCreate(void **stream, unsigned) { return live_streams++, *stream = new int(0), SUCCESS; }
int cuStreamDestroy_v2(void *stream) { return live_streams--, delete static_cast<int *>(stream), SUCCESS; }
int cuStreamSynchronize(void *) { return SUCCESS; }
int cuStreamWaitEvent(void *, void *event, unsigned) { return event == nullptr ? INVALID_HANDLE : SUCCESS; }
int cuEventCreate(void **event, unsigned) { return live_events++, *event = new int(0), SUCCESS; }
int cuEventDestroy_v2(void *event) { return live_events--, delete static_cast<int *>(event), SUCCESS; }
int cuEventRecord(void *event, void *) { return event == nullptr ? INVALID_HANDLE : SUCCESS; }
int cuEventSynchronize(void *) { return SUCCESS; }
int cuEventQuery(void *) { return SUCCESS; }

int cuMemAlloc_v2(u64 *address, u64 bytes) { return allocate(address, bytes); }
int cuMemAllocAsync(u64 *address, u64 bytes, void *) { return allocate(address, bytes); }
int cuMemFree_v2(u64 address) { return release(address); }
int cuMemFreeAsync(u64 address, void *) { return release(address); }
int cuMemHostAlloc(void **memory, u64 bytes, unsigned) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    if ((*memory = std::malloc(bytes)) == nullptr) return OUT_OF_MEMORY;
    std::memset(*memory, 0xff, bytes);
    host_allocations.insert(*memory);
    return SUCCESS;
}
int cuMemFreeHost(void *memory) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    if (host_allocations.erase(memory) == 0) return INVALID_VALUE;
    std::free(memory);
    return SUCCESS;
}
int cuMemcpyHtoDAsync_v2(u64 to, const void *from, u64 bytes, void *) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    if (!inside(to, bytes)) return INVALID_VALUE;
    std::memcpy(reinterpret_cast<void *>(to), from, bytes);
    return SUCCESS;
}
int cuMemcpyDtoHAsync_v2(void *to, u64 from, u64 bytes, void *) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    if (!inside(from, bytes)) return INVALID_VALUE;
    std::memcpy(to, reinterpret_cast<const void *>(from), bytes);
    return SUCCESS;
}

int cuModuleLoadData(void **module, const void *image) {
    std::string ptx = static_cast<const char *>(image);
    if (setting("STAND_IN_REFUSE", 0) != 0 || ptx.find(".version") == std::string::npos) return INVALID_PTX;
    live_modules++;
    *module = new Module{ptx};
    return SUCCESS;
}
int cuModuleUnload(void *module) { return live_modules--, delete static_cast<Module *>(module), SUCCESS; }
int cuModuleGetFunction(void **function, void *module, const char *name) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    std::string entry = std::string(".entry ") + name + "(";
    if (static_cast<Module *>(module)->ptx.find(entry) == std::string::npos || !shim_has(name)) return NOT_FOUND;
    *function = &(functions[name] = Function{name});
    return SUCCESS;
}
int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared, void *, void **arguments, void **) {
    std::lock_guard<std::recursive_mutex> guard(lock);
    if (current == nullptr) return INVALID_CONTEXT;
    u32 grid[3] = {gx, gy, gz}, threads[3] = {bx, by, bz};
    if (gx == 0 || gy > 65535 || gz > 65535 || bx * by * bz > 1024 || bx * by * bz == 0) return INVALID_VALUE;
    if (shared > 48 << 10) return INVALID_VALUE;
    if (++launches == setting("STAND_IN_FAIL_LAUNCH", 0)) return LAUNCH_FAILED;
    char message[256];
    if (shim_launch(static_cast<Function *>(function)->name.c_str(), grid, threads, shared, arguments, 0, message,
                    sizeof message) != 0) {
        std::fprintf(stderr, "stand-in: %s\n", message);
        return LAUNCH_FAILED;
    }
    return SUCCESS;
}

int cuGetErrorName(int error, const char **text) {
    switch (error) {
    case OUT_OF_MEMORY: *text = "CUDA_ERROR_OUT_OF_MEMORY"; break;
    case INVALID_PTX: *text = "CUDA_ERROR_INVALID_PTX"; break;
    case NOT_FOUND: *text = "CUDA_ERROR_NOT_FOUND"; break;
    case LAUNCH_FAILED: *text = "CUDA_ERROR_LAUNCH_FAILED"; break;
    default: *text = "CUDA_ERROR_OTHER";
    }
    return SUCCESS;
}
int cuGetErrorString(int error, const char **text) {
    static thread_local std::string words;
    words = "stand-in error " + std::to_string(error);
    return *text = words.c_str(), SUCCESS;
}

} // extern "C"
