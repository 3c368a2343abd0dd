// Mpi and Communicator: MPI with RAII, and with errors as exceptions.
#pragma once

#include <mpi.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "depix/error.hpp"

namespace depix {

/// An error that every rank throws at the same place, so that each may end in order. The others are one rank's own,
/// after which it must call Mpi::abort, because the rest would wait for it.
class CollectiveError : public Error {
  public:
    using Error::Error;
};

namespace detail {

/// Throws Error unless an MPI call succeeded.
inline void check_mpi(int status, const char* what) {
    if (status == MPI_SUCCESS) return;
    std::array<char, MPI_MAX_ERROR_STRING> text{};
    int length = 0;
    MPI_Error_string(status, text.data(), &length);
    throw Error(std::string("depix: MPI cannot ") + what + ": " + text.data() +
                " (another rank may have been killed; its message is above)");
}

template <class T>
MPI_Datatype mpi_type() {
    if constexpr (std::is_same_v<T, float>)
        return MPI_FLOAT;
    else if constexpr (std::is_same_v<T, double>)
        return MPI_DOUBLE;
    else if constexpr (std::is_same_v<T, std::uint16_t>)
        return MPI_UINT16_T;
    else
        return MPI_BYTE;
}
/// How many of mpi_type<T>() a T is.
template <class T>
constexpr int mpi_count() {
    static_assert(std::is_trivially_copyable_v<T>);
    return std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::uint16_t> ? 1 : sizeof(T);
}

}  // namespace detail

/// MPI, from its start to its end. A program makes one in main, before any thread and outside of any try block.
///
///     depix::Mpi mpi(&count, &arguments);
///     return mpi.run([&] {
///         const depix::Communicator ranks;
///         ...
///     });
class Mpi {
  public:
    /// Throws Error if MPI cannot be started.
    Mpi(int* count, char*** arguments) {
        int provided = 0;
        // Only the main thread calls MPI; a loader's threads and OpenMP's do not.
        detail::check_mpi(MPI_Init_thread(count, arguments, MPI_THREAD_FUNNELED, &provided), "start");
        if (provided < MPI_THREAD_FUNNELED) throw Error("depix: this MPI cannot be used by a program with threads");
    }
    Mpi(const Mpi&) = delete;
    Mpi& operator=(const Mpi&) = delete;
    /// After an exception the other ranks may wait for something else, so MPI is not ended in order. mpirun then ends
    /// them.
    ~Mpi() {
        if (std::uncaught_exceptions() == 0) MPI_Finalize();
    }

    /// Calls work() and returns its result as the program's status. If it throws, the message goes to stderr with the
    /// rank, and the status is 1. After an error that the other ranks do not know of, all ranks are ended.
    template <class Work>
    int run(Work&& work) {
        int rank = 0;
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        try {
            return work();
        } catch (const DivergenceError& error) {  // thrown by all ranks
            std::fprintf(stderr, "rank %d: %s\n", rank, error.what());
            return 1;
        } catch (const CollectiveError& error) {
            if (rank == 0) std::fprintf(stderr, "%s\n", error.what());
            return 1;
        } catch (const std::exception& error) {
            std::fprintf(stderr, "rank %d: %s\n", rank, error.what());
            abort(1);
        }
    }
    /// Ends all ranks at once, after an error that the others do not know of.
    [[noreturn]] static void abort(int status) {
        MPI_Abort(MPI_COMM_WORLD, status);
        std::abort();
    }
};

/// The ranks that work together. Each call is made by all of them, in the same order; every one waits for the others,
/// for at most `timeout_seconds`, then throws Error.
class Communicator {
  public:
    /// Takes all ranks of `parent`, which by default are those that mpirun has started.
    explicit Communicator(MPI_Comm parent = MPI_COMM_WORLD, double timeout_seconds = 600) : timeout_(timeout_seconds) {
        detail::check_mpi(MPI_Comm_dup(parent, &handle_), "copy a communicator");
        MPI_Comm_set_errhandler(handle_, MPI_ERRORS_RETURN);
        MPI_Comm_rank(handle_, &rank_);
        MPI_Comm_size(handle_, &size_);
    }
    Communicator(const Communicator&) = delete;
    Communicator& operator=(const Communicator&) = delete;
    ~Communicator() { MPI_Comm_free(&handle_); }

    int rank() const { return rank_; }
    int size() const { return size_; }
    MPI_Comm handle() const { return handle_; }
    double timeout_seconds() const { return timeout_; }
    /// This rank's number among those on the same machine.
    int rank_on_machine() const {
        MPI_Comm machine = MPI_COMM_NULL;
        detail::check_mpi(MPI_Comm_split_type(handle_, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &machine),
                          "find the ranks of one machine");
        int rank = 0;
        MPI_Comm_rank(machine, &rank);
        MPI_Comm_free(&machine);
        return rank;
    }

    /// Waits until done() is true. Throws Error after the timeout; `what` says what the ranks were about to do.
    template <class Done>
    void wait_until(const Done& done, const char* what) const {
        using Clock = std::chrono::steady_clock;
        const auto start = Clock::now();
        for (int tries = 0; !done(); ++tries) {
            if (tries < 100) continue;
            sched_yield();  // there may be more ranks than cores
            if (tries % 1000 == 0 && Clock::now() - start > std::chrono::duration<double>(timeout_))
                throw Error("depix: rank " + std::to_string(rank_) + " of " + std::to_string(size_) + " has waited " +
                            std::to_string(static_cast<long>(timeout_)) + " s for the others to " + what);
        }
    }
    void wait(MPI_Request& request, const char* what) const {
        wait_until(
            [&] {
                int done = 0;
                detail::check_mpi(MPI_Test(&request, &done, MPI_STATUS_IGNORE), what);
                return done != 0;
            },
            what);
    }

    /// Gives every rank rank 0's values.
    template <class T>
    void broadcast(std::span<T> values, const char* what) const {
        constexpr std::size_t at_once = std::size_t{1} << 24;  // MPI counts in int
        for (std::size_t first = 0; first < values.size(); first += at_once) {
            const std::size_t count = (std::min)(at_once, values.size() - first);
            MPI_Request request = MPI_REQUEST_NULL;
            detail::check_mpi(MPI_Ibcast(values.data() + first, static_cast<int>(count) * detail::mpi_count<T>(),
                                         detail::mpi_type<T>(), 0, handle_, &request),
                              what);
            wait(request, what);
        }
    }
    template <class T>
    void broadcast_value(T& value, const char* what) const {
        broadcast(std::span<T>(&value, 1), what);
    }
    /// The same for a vector or string, whose size on the other ranks does not matter.
    template <class Sequence>
    void broadcast_sequence(Sequence& values, const char* what) const {
        std::uint64_t size = values.size();
        broadcast_value(size, what);
        values.resize(size);
        broadcast(std::span(values.data(), size), what);
    }

    /// One value of each rank, in the order of the ranks.
    template <class T>
    std::vector<T> gather(const T& value, const char* what) const {
        std::vector<T> all(static_cast<std::size_t>(size_));
        MPI_Request request = MPI_REQUEST_NULL;
        constexpr int count = detail::mpi_count<T>();
        detail::check_mpi(MPI_Iallgather(&value, count, detail::mpi_type<T>(), all.data(), count, detail::mpi_type<T>(),
                                         handle_, &request),
                          what);
        wait(request, what);
        return all;
    }
    /// All ranks' values, one rank's after the other's; counts[r] is how many rank r has.
    template <class T>
    std::vector<T> gather(std::span<const T> values, const std::vector<int>& counts, const char* what) const {
        std::vector<int> sizes(counts), places(counts.size());
        int total = 0;
        for (std::size_t r = 0; r < counts.size(); ++r) {
            sizes[r] *= detail::mpi_count<T>();
            places[r] = total;
            total += sizes[r];
        }
        std::vector<T> all(static_cast<std::size_t>(total / detail::mpi_count<T>()));
        MPI_Request request = MPI_REQUEST_NULL;
        detail::check_mpi(
            MPI_Iallgatherv(values.data(), sizes[static_cast<std::size_t>(rank_)], detail::mpi_type<T>(), all.data(),
                            sizes.data(), places.data(), detail::mpi_type<T>(), handle_, &request),
            what);
        wait(request, what);
        return all;
    }

    /// Rank 0 calls work(); the others wait. If it throws, all ranks throw CollectiveError with its message.
    template <class Work>
    void on_first(Work&& work, const char* what) const {
        std::string failure;
        if (rank_ == 0) {
            try {
                work();
            } catch (const std::exception& error) {
                failure = error.what();
                if (failure.empty()) failure = "rank 0 failed";
            }
        }
        broadcast_sequence(failure, what);
        if (!failure.empty()) throw CollectiveError(failure);
    }

  private:
    MPI_Comm handle_ = MPI_COMM_NULL;
    int rank_ = 0, size_ = 1;
    double timeout_;
};

}  // namespace depix
