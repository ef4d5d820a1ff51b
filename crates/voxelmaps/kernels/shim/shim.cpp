// The scheduler of shim.hpp, and its entry for Rust: shim_launch().
#include "shim.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <ucontext.h>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace shim {

enum class State { Ready, AtBarrier, AtWarp, Done };

struct Fiber {
    ucontext_t context;
    std::vector<char> stack;
    State state = State::Done;
    int line = 0;
    Index index{};
    u32 number = 0;
    u64 given = 0;
};

namespace {

constexpr std::size_t STACK = 128 << 10;
constexpr u32 WARP = 32;

// What runs at the moment. Launches of one process run one after the other.
struct Block {
    ucontext_t scheduler;
    std::vector<std::unique_ptr<Fiber>> fibers;
    Fiber *running = nullptr;
    Index index{}, size{}, grid{};
    std::vector<u64> dynamic;
    const Kernel *kernel = nullptr;
    void **arguments = nullptr;
} block;

std::map<std::string, Kernel> &kernels() {
    static std::map<std::string, Kernel> all;
    return all;
}

void start() {
    (*block.kernel)(block.arguments);
    block.running->state = State::Done;
    swapcontext(&block.running->context, &block.scheduler); // never returns
}

void wait(State state, int line) {
    Fiber *self = block.running;
    self->state = state;
    self->line = line;
    swapcontext(&self->context, &block.scheduler);
}

void resume(Fiber &fiber) {
    block.running = &fiber;
    swapcontext(&block.scheduler, &fiber.context);
}

u64 random(u64 &state) { // splitmix64
    u64 z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

// Runs one block to its end. Returns what is wrong, or nothing.
std::string run(u32 threads, u64 seed) {
    std::vector<u32> order(threads);
    for (u32 k = 0; k < threads; k++) order[k] = seed == 1 ? threads - 1 - k : k;
    u64 state = seed;
    for (u32 k = 0; k < threads; k++) {
        Fiber &fiber = *block.fibers[k];
        fiber.state = State::Ready;
        fiber.number = k;
        fiber.index = {k % block.size.x, k / block.size.x % block.size.y, k / block.size.x / block.size.y};
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.data();
        fiber.context.uc_stack.ss_size = fiber.stack.size();
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, start, 0);
    }
    for (;;) {
        if (seed > 1)
            for (u32 k = threads - 1; k > 0; k--) std::swap(order[k], order[random(state) % (k + 1)]);
        for (u32 k : order)
            if (block.fibers[k]->state == State::Ready) resume(*block.fibers[k]);
        u32 waiting = 0, done = 0;
        bool released = false;
        for (u32 first = 0; first < threads; first += WARP) {
            u32 last = std::min(first + WARP, threads), here = 0, ended = 0;
            int line = 0;
            bool divergent = false;
            for (u32 k = first; k < last; k++) {
                const Fiber &fiber = *block.fibers[k];
                ended += fiber.state == State::Done;
                waiting += fiber.state == State::AtBarrier;
                if (fiber.state != State::AtWarp) continue;
                divergent |= here != 0 && fiber.line != line;
                line = fiber.line;
                here++;
            }
            done += ended;
            if (here == 0 || here + ended != last - first) continue;
            if (divergent) return "lanes of a warp wait at different warp operations, one at line " + std::to_string(line);
            for (u32 k = first; k < last; k++)
                if (block.fibers[k]->state == State::AtWarp) block.fibers[k]->state = State::Ready;
            released = true;
        }
        if (done == threads) return "";
        if (released) continue;
        if (waiting + done != threads) return "threads wait for each other at a barrier and a warp operation";
        int line = 0;
        for (auto &fiber : block.fibers) {
            if (fiber->number >= threads || fiber->state != State::AtBarrier) continue;
            if (line != 0 && fiber->line != line)
                return "threads wait at different barriers, at lines " + std::to_string(line) + " and " +
                       std::to_string(fiber->line);
            line = fiber->line;
        }
        for (u32 k = 0; k < threads; k++)
            if (block.fibers[k]->state == State::AtBarrier) block.fibers[k]->state = State::Ready;
    }
}

} // namespace

Index thread_index() { return block.running->index; }
Index block_index() { return block.index; }
Index block_size() { return block.size; }
Index grid_size() { return block.grid; }
void *dynamic_shared() { return block.dynamic.data(); }
u32 lane() { return block.running->number % WARP; }

void barrier(int line) { wait(State::AtBarrier, line); }

u64 exchange(u64 mine, u32 from, int line) {
    Fiber *self = block.running;
    self->given = mine;
    wait(State::AtWarp, line);
    u32 number = self->number / WARP * WARP + from % WARP;
    const Fiber &other = *block.fibers[number];
    u64 theirs = number < block.size.x * block.size.y * block.size.z && other.state != State::Done ? other.given : 0;
    wait(State::AtWarp, line);
    return theirs;
}

u32 ballot(bool vote, int line) {
    u32 votes = 0;
    Fiber *self = block.running;
    self->given = vote;
    wait(State::AtWarp, line);
    u32 threads = block.size.x * block.size.y * block.size.z, first = self->number / WARP * WARP;
    for (u32 k = first; k < std::min(first + WARP, threads); k++)
        if (block.fibers[k]->state != State::Done) votes |= static_cast<u32>(block.fibers[k]->given & 1) << (k - first);
    wait(State::AtWarp, line);
    return votes;
}

bool register_kernel(const char *name, Kernel kernel) {
    kernels()[name] = std::move(kernel);
    return true;
}

} // namespace shim

// Whether there is a kernel of this name.
extern "C" int shim_has(const char *name) { return shim::kernels().count(name) != 0; }

// Launches a kernel as cuLaunchKernel does. `seed` chooses the order in which the threads of a block run: 0 upwards,
// 1 downwards, others shuffled anew at every stop. Returns 0, or writes what is wrong to `message`.
extern "C" int shim_launch(const char *name, const u32 grid[3], const u32 threads[3], u32 shared_bytes,
                           void **arguments, u64 seed, char *message, u64 message_bytes) {
    using namespace shim;
    auto fail = [&](const std::string &text) {
        std::snprintf(message, message_bytes, "%s: %s", name, text.c_str());
        return 1;
    };
    auto found = kernels().find(name);
    if (found == kernels().end()) return fail("there is no such kernel");
    u32 count = threads[0] * threads[1] * threads[2];
    if (count == 0 || count > 1024) return fail("a block of " + std::to_string(count) + " threads");
    block.kernel = &found->second;
    block.arguments = arguments;
    block.size = {threads[0], threads[1], threads[2]};
    block.grid = {grid[0], grid[1], grid[2]};
    while (block.fibers.size() < count) {
        block.fibers.push_back(std::make_unique<Fiber>());
        block.fibers.back()->stack.resize(STACK);
    }
    for (u32 k = count; k < block.fibers.size(); k++) block.fibers[k]->number = ~0u;
    for (u32 z = 0; z < grid[2]; z++)
        for (u32 y = 0; y < grid[1]; y++)
            for (u32 x = 0; x < grid[0]; x++) {
                block.index = {x, y, z};
                // Exactly as large as asked for, and filled with a pattern: neither zeros nor what was before.
                block.dynamic.assign((shared_bytes + 7) / 8, 0xa5a5a5a5a5a5a5a5ull);
                block.dynamic.shrink_to_fit();
                std::string wrong = run(count, seed);
                if (!wrong.empty()) return fail(wrong);
            }
    return 0;
}
