// What the examples that train under mpirun have in common.
#pragma once

#include <cstdlib>
#include <string>

#include "depix/error.hpp"

namespace example {

/// How many copies of this program mpirun or srun has started; 0 if neither has.
inline int started_ranks() {
    for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"})
        if (const char* text = std::getenv(name)) return std::atoi(text);
    return 0;
}

/// Whether this program is one of the ranks of a training. Throws depix::Error if it is, but was built without MPI.
inline bool is_rank() {
#ifdef DEPIX_WITH_MPI
    return started_ranks() > 0;
#else
    if (started_ranks() > 1)
        throw depix::Error("this program was started as one of " + std::to_string(started_ranks()) +
                           " ranks, but it was built without MPI. Install it (Debian: libopenmpi-dev) and build the "
                           "examples again in a new build folder");
    return false;
#endif
}

}  // namespace example
