// NCCL on MPI: the part of <nccl.h> that depix uses, for the emulated GPU (tests/cuda/emulator), whose memory is the
// host's. A call that is named in emulator::nccl_failure fails.
#pragma once

#include <cuda_runtime.h>
#include <mpi.h>

#include <cstring>
#include <string_view>

enum ncclResult_t { ncclSuccess = 0, ncclInvalidUsage = 5, ncclRemoteError = 6, ncclInProgress = 7 };
enum ncclDataType_t { ncclFloat32 = 7, ncclFloat64 = 8 };
enum ncclRedOp_t { ncclSum = 0 };
struct ncclUniqueId {
    char internal[128];
};
struct ncclComm {
    MPI_Comm ranks = MPI_COMM_NULL;
};
using ncclComm_t = ncclComm*;

namespace emulator {

inline std::string_view nccl_failure;      ///< the function that fails
inline int nccl_groups = 0, nccl_ids = 0;  ///< groups that exist; ids that were given
inline std::size_t nccl_sums = 0;          ///< sums that were done

inline ncclResult_t nccl_result(std::string_view function) {
    return function == nccl_failure ? ncclRemoteError : ncclSuccess;
}

}  // namespace emulator

inline const char* ncclGetErrorString(ncclResult_t result) {
    return result == ncclRemoteError ? "remote process exited or there was a network error" : "invalid usage";
}
inline ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
    const int number = ++emulator::nccl_ids;
    std::memset(id, 0, sizeof *id);
    std::memcpy(id->internal, &number, sizeof number);
    return emulator::nccl_result("ncclGetUniqueId");
}
/// Connects the first `size` of MPI's ranks, which must have been given the same id.
inline ncclResult_t ncclCommInitRank(ncclComm_t* communicator, int size, ncclUniqueId id, int rank) {
    if (emulator::nccl_result("ncclCommInitRank") != ncclSuccess) return ncclRemoteError;
    MPI_Group world = MPI_GROUP_NULL, first = MPI_GROUP_NULL;
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    int range[1][3] = {{0, size - 1, 1}};
    MPI_Group_range_incl(world, 1, range, &first);
    auto* made = new ncclComm;
    MPI_Comm_create_group(MPI_COMM_WORLD, first, 0, &made->ranks);
    MPI_Group_free(&world);
    MPI_Group_free(&first);
    int own = 0, number = 0, of_first = 0;
    MPI_Comm_rank(made->ranks, &own);
    std::memcpy(&number, id.internal, sizeof number);
    of_first = number;
    MPI_Bcast(&of_first, 1, MPI_INT, 0, made->ranks);
    *communicator = made;
    ++emulator::nccl_groups;
    return own == rank && number > 0 && number == of_first ? ncclSuccess : ncclInvalidUsage;
}
inline ncclResult_t ncclCommDestroy(ncclComm_t communicator) {
    --emulator::nccl_groups;
    MPI_Comm_free(&communicator->ranks);
    delete communicator;
    return ncclSuccess;
}
inline ncclResult_t ncclCommAbort(ncclComm_t communicator) { return ncclCommDestroy(communicator); }
inline ncclResult_t ncclCommGetAsyncError(ncclComm_t, ncclResult_t* result) {
    *result = emulator::nccl_result("sum");
    return ncclSuccess;
}
inline ncclResult_t ncclAllReduce(const void* from, void* to, std::size_t count, ncclDataType_t type, ncclRedOp_t,
                                  ncclComm_t communicator, cudaStream_t stream) {
    if (emulator::nccl_result("ncclAllReduce") != ncclSuccess) return ncclRemoteError;
    emulator::enqueue(stream, [=] {
        ++emulator::nccl_sums;
        MPI_Allreduce(from == to ? MPI_IN_PLACE : from, to, static_cast<int>(count),
                      type == ncclFloat64 ? MPI_DOUBLE : MPI_FLOAT, MPI_SUM, communicator->ranks);
    });
    return ncclSuccess;
}
