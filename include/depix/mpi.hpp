// Everything for training on many processes, which needs MPI (CMake: depix::mpi).
#pragma once

#include "depix/mpi/communicator.hpp"
#include "depix/mpi/distributed.hpp"
#include "depix/mpi/fit.hpp"
#include "depix/mpi/same_data.hpp"
#include "depix/mpi/trained_network.hpp"
