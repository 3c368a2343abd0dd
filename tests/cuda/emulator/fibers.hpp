// The threads of an emulated block: fibers on one thread of the host, which switch to each other at barriers.
#pragma once

#include <sys/mman.h>
#include <ucontext.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulator {

inline constexpr std::size_t stack_bytes = 128 * 1024;

/// The values that the lanes of a warp exchange.
struct Mailbox {
    std::array<std::uint64_t, 32> letters{};
};

struct Fiber {
    ucontext_t context{};
    bool done = true;
    bool at_block_barrier = false;
    bool at_warp_barrier = false;
};

/// A block's fibers and their states. There is one for the whole program, because blocks run one after another.
struct Block {
    std::vector<Fiber> fibers;
    std::vector<Mailbox> mailboxes;
    unsigned threads = 0;
    unsigned current = 0;
    ucontext_t scheduler{};
    void* scheduler_stack = nullptr;  // for the address sanitizer
    std::size_t scheduler_stack_bytes = 0;
    std::function<void()> body;
    std::function<void(unsigned)> place;
    unsigned char* stacks = nullptr;

    static Block& get() {
        static Block block;
        return block;
    }
    unsigned char* stack(unsigned thread) const { return stacks + thread * stack_bytes; }
};

// The address sanitizer must be told whenever the stack changes.
inline void leave_for([[maybe_unused]] void** own, [[maybe_unused]] const void* stack,
                      [[maybe_unused]] std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(own, stack, bytes);
#endif
}
inline void arrived([[maybe_unused]] void* own, [[maybe_unused]] const void** from,
                    [[maybe_unused]] std::size_t* bytes) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(own, from, bytes);
#endif
}

inline void yield_to_scheduler(bool for_ever = false) {
    Block& block = Block::get();
    Fiber& fiber = block.fibers[block.current];
    void* fake_stack = nullptr;
    leave_for(for_ever ? nullptr : &fake_stack, block.scheduler_stack, block.scheduler_stack_bytes);
    swapcontext(&fiber.context, &block.scheduler);
    arrived(fake_stack, nullptr, nullptr);
}

inline void run_body() {
    Block& block = Block::get();
    const void* stack = nullptr;
    arrived(nullptr, &stack, &block.scheduler_stack_bytes);
    block.scheduler_stack = const_cast<void*>(stack);
    block.body();
    block.fibers[block.current].done = true;
    yield_to_scheduler(true);
}

inline void resume(unsigned thread) {
    Block& block = Block::get();
    block.current = thread;
    block.place(thread);
    void* fake_stack = nullptr;
    leave_for(&fake_stack, block.stack(thread), stack_bytes);
    swapcontext(&block.scheduler, &block.fibers[thread].context);
    arrived(fake_stack, nullptr, nullptr);
}

inline unsigned this_lane() { return Block::get().current % 32; }
inline Mailbox& this_warps_mailbox() { return Block::get().mailboxes[Block::get().current / 32]; }

/// __syncthreads
inline void block_barrier() {
    Block& block = Block::get();
    block.fibers[block.current].at_block_barrier = true;
    yield_to_scheduler();
}
/// __syncwarp
inline void warp_barrier() {
    Block& block = Block::get();
    block.fibers[block.current].at_warp_barrier = true;
    yield_to_scheduler();
}

/// Runs `body` once for each thread of a block; `place(thread)` sets the indices of the thread that runs next. As on
/// the hardware, a thread that reaches a barrier waits there for all others of its block (or warp). A thread that has
/// ended waits for no other. If others then wait for it, the kernel is wrong, and the function throws.
inline void run_fibers(unsigned threads, bool backwards, const std::function<void(unsigned)>& place,
                       const std::function<void()>& body) {
    Block& block = Block::get();
    if (!block.stacks) {
        void* memory = mmap(nullptr, 1024 * stack_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        block.stacks = static_cast<unsigned char*>(memory);
        block.fibers.resize(1024);
        block.mailboxes.resize(32);
    }
    block.threads = threads;
    block.body = body;
    block.place = place;
    for (unsigned i = 0; i < threads; ++i) {
        Fiber& fiber = block.fibers[i];
        fiber.done = fiber.at_block_barrier = fiber.at_warp_barrier = false;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = block.stack(i);
        fiber.context.uc_stack.ss_size = stack_bytes;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, run_body, 0);
    }
    // Opens a barrier if all threads of [first, last) that have not ended wait there.
    const auto open = [&](unsigned first, unsigned last, bool Fiber::*barrier) {
        bool somebody = false;
        for (unsigned i = first; i < last; ++i) {
            if (block.fibers[i].done) continue;
            if (!(block.fibers[i].*barrier)) return false;
            somebody = true;
        }
        for (unsigned i = first; i < last; ++i) block.fibers[i].*barrier = false;
        return somebody;
    };
    for (bool alive = true; alive;) {
        alive = false;
        bool moved = false;
        for (unsigned k = 0; k < threads; ++k) {
            const unsigned i = backwards ? threads - 1 - k : k;
            Fiber& fiber = block.fibers[i];
            if (fiber.done) continue;
            alive = true;
            if (fiber.at_block_barrier || fiber.at_warp_barrier) continue;
            resume(i);
            moved = true;
        }
        for (unsigned first = 0; first < threads; first += 32)
            moved = open(first, first + 32 < threads ? first + 32 : threads, &Fiber::at_warp_barrier) || moved;
        moved = open(0, threads, &Fiber::at_block_barrier) || moved;
        if (alive && !moved)
            throw std::logic_error("emulator: the threads of a block wait for each other at different barriers");
    }
}

}  // namespace emulator
