// The same work on 1, 2, 3 and 4 of the ranks that mpirun has started.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "depix/mpi/communicator.hpp"

namespace depix {

/// The first `count` of the ranks that mpirun has started; none on the others.
class Group {
  public:
    explicit Group(int count) {
        int rank = 0;
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
        MPI_Comm handle = MPI_COMM_NULL;
        MPI_Comm_split(MPI_COMM_WORLD, rank < count ? 0 : MPI_UNDEFINED, rank, &handle);
        if (handle == MPI_COMM_NULL) return;
        ranks.emplace(handle, 60.0);
        MPI_Comm_free(&handle);
    }
    std::optional<Communicator> ranks;
};

/// Runs training(ranks) on 1 to 4 ranks. Returns the results, those of one rank first; empty where this rank had no
/// part.
template <class Training>
std::vector<std::vector<double>> on_1_to_4_ranks(const Training& training) {
    std::vector<std::vector<double>> results;
    for (int count = 1; count <= 4; ++count) {
        const Group group(count);
        results.push_back(group.ranks ? training(*group.ranks) : std::vector<double>{});
    }
    const Communicator world;
    for (auto& result : results) {
        // Rank 0 has taken part in all of them; the others compare theirs with its.
        std::vector<double> first = result;
        world.broadcast_sequence(first, "compare");
        if (result.empty()) result = first;
        CHECK(result == first);
    }
    return results;
}

}  // namespace depix
