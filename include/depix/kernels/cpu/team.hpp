// Team: the threads that run a network together, and how they share work.
#pragma once

#ifdef _OPENMP
#include <omp.h>
#endif

#include "depix/kernels/cpu/simd.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// The half-open range [first, last) of things: `last` itself does not belong to it. (RowRange includes both its ends.)
struct Part {
    int first = 0;
    int last = 0;
    friend constexpr bool operator==(const Part&, const Part&) = default;
};

/// One thread of the team that runs a network together, and how it waits for the others.
struct Team {
    int thread = 0;
    int threads = 1;

    /// Returns when every thread of the team has called it.
    // It is always inline, because another part of the program may be compiled without OpenMP, where it does nothing.
    [[gnu::always_inline]] void barrier() const {
#ifdef _OPENMP
        if (threads > 1) {
#pragma omp barrier
        }
#endif
    }
    /// This thread's part [first, last) of `count` things.
    constexpr Part share(int count) const {
        const auto cut = [&](int i) { return static_cast<int>(static_cast<long long>(count) * i / threads); };
        return {cut(thread), cut(thread + 1)};
    }
};

/// The number of threads that a parallel region has by default.
inline int default_threads() {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/// Runs `work(Team)` on this many threads at once and returns when all are done.
template <class Work>
void run_team(int threads, Work&& work) {
#ifdef _OPENMP
    if (threads > 1 && !omp_in_parallel()) {
#pragma omp parallel num_threads(threads)
        work(Team{omp_get_thread_num(), omp_get_num_threads()});
        return;
    }
#endif
    (void)threads;
    work(Team{});
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
