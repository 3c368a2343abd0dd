// Parallel: a loop over indices on a few threads, for work that waits for disks and decoders.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace depix {

/// As many threads as the machine runs at once, at least one.
inline int hardware_threads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

/// Calls function(index) for every index below `count`, on `threads` threads (the caller's is one of them).
///
/// Indices are handed out in order. After an exception no new ones are; when all threads are done, the exception of the
/// smallest index is rethrown, so that the error does not depend on the threads.
template <class Function>
void for_each_index(std::size_t count, int threads, Function function) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    std::size_t failed_index = count;
    std::exception_ptr error;
    const auto work = [&] {
        while (!failed) {
            const std::size_t index = next++;
            if (index >= count) return;
            try {
                function(index);
            } catch (...) {
                const std::lock_guard lock(mutex);
                failed = true;
                if (index < failed_index) {
                    failed_index = index;
                    error = std::current_exception();
                }
            }
        }
    };
    std::vector<std::thread> others;
    try {
        for (int i = 1; i < threads && static_cast<std::size_t>(i) < count; ++i) others.emplace_back(work);
    } catch (...) {
        // The system has no more threads: those that there are do the work.
    }
    work();
    for (std::thread& thread : others) thread.join();
    if (error) std::rethrow_exception(error);
}

}  // namespace depix
