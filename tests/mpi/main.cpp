// doctest's main between the start and the end of MPI. Every rank runs every test.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "depix/mpi/communicator.hpp"

int main(int count, char** arguments) {
    depix::Mpi mpi(&count, &arguments);
    return doctest::Context(count, arguments).run();
}
