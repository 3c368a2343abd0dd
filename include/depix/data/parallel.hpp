// Parallel: a loop over indices on a few threads, for work that waits for disks and decoders.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace depix {

/// The number of threads that this process may run at once, at least one. It is at most the number of processors that
/// the process may use (taskset, containers), and at most OMP_NUM_THREADS.
inline int hardware_threads() {
    int threads = (std::max)(1, static_cast<int>(std::thread::hardware_concurrency()));
#if defined(__linux__) && defined(CPU_COUNT)
    cpu_set_t processors;
    CPU_ZERO(&processors);
    if (::sched_getaffinity(0, sizeof processors, &processors) == 0)
        threads = std::clamp(CPU_COUNT(&processors), 1, threads);
#endif
    if (const char* text = std::getenv("OMP_NUM_THREADS")) {
        const long asked = std::strtol(text, nullptr, 10);  // of a list, "4,2", the first number is used
        if (asked >= 1) threads = static_cast<int>((std::min)(asked, static_cast<long>(threads)));
    }
    return threads;
}

/// Calls function(index) for every index below `count`, on `threads` threads (the caller's is one of them).
///
/// Indices are assigned in order. After an exception no new ones are assigned. When all threads are done, the exception
/// of the smallest index is rethrown, so that the error does not depend on the threads.
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
        // The system has no more threads, so the existing ones do the work.
    }
    work();
    for (std::thread& thread : others) thread.join();
    if (error) std::rethrow_exception(error);
}

}  // namespace depix
