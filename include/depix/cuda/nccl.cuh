// NcclCommunicator: NVIDIA's NCCL with RAII, and with errors as exceptions. MPI brings the ranks together.
#pragma once

#include <mpi.h>
#include <nccl.h>

#include <cstddef>
#include <exception>
#include <string>

#include "depix/kernels/cuda/runtime.cuh"
#include "depix/mpi/communicator.hpp"

namespace depix::cuda {

/// Throws DeviceError unless an NCCL call succeeded.
inline void check_nccl(ncclResult_t result, const char* what) {
    if (result == ncclSuccess) return;
    throw DeviceError(std::string("depix: NCCL cannot ") + what + ": " + ncclGetErrorString(result) +
                      " (another rank may have been killed, its message is above; NCCL_DEBUG=WARN tells more)");
}

/// Chooses the GPU of this rank: each rank of a machine has one of its own. A scheduler may show each rank only its
/// own. Throws DeviceError if there are too few.
inline void choose_device(const Communicator& ranks) {
    const int rank = ranks.rank_on_machine();
    require_device();
    int count = 0;
    check(cudaGetDeviceCount(&count), "count the GPUs");
    if (count > 1 && rank >= count)
        throw DeviceError("depix: rank " + std::to_string(ranks.rank()) + " is number " + std::to_string(rank) +
                          " on its machine, counted from 0, which has " + std::to_string(count) +
                          " GPUs; each rank needs one of its own");
    check(cudaSetDevice(count > 1 ? rank : 0), "choose a GPU");
}

/// The GPUs of all ranks. Each call is made by all ranks, in the same order, with the same number of values.
///
/// NCCL adds in an order that depends on the number of ranks, on how their GPUs are connected and on how many values
/// there are. Its maintainers say that all ranks get the same sum (github.com/NVIDIA/nccl, issues 434 and 855), but
/// that two calls may differ where switches add (NVLS, issue 1497; NCCL_NVLS_ENABLE=0 turns it off). None of this is
/// promised in its manual.
class NcclCommunicator {
  public:
    /// Connects this process's current GPU with those of the other ranks, and adds one number to see that it works.
    explicit NcclCommunicator(const Communicator& ranks) {
        ncclUniqueId id{};
        ranks.on_first([&] { check_nccl(ncclGetUniqueId(&id), "name a group of GPUs"); }, "name a group of GPUs");
        ranks.broadcast_value(id, "share the name of a group of GPUs");
        check_nccl(ncclCommInitRank(&handle_, ranks.size(), id, ranks.rank()), "connect the GPUs");
        try {
            const Stream stream;
            const Memory<float> one(1);
            clear(stream, one.data(), 1);
            add(one.data(), 1, stream);
            stream.wait();
        } catch (...) {
            ncclCommAbort(handle_);
            throw;
        }
    }
    NcclCommunicator(const NcclCommunicator&) = delete;
    NcclCommunicator& operator=(const NcclCommunicator&) = delete;
    /// After an exception the other ranks may wait for something else, so nothing is ended in order.
    ~NcclCommunicator() {
        if (std::uncaught_exceptions() == 0)
            ncclCommDestroy(handle_);
        else
            ncclCommAbort(handle_);
    }

    /// values = the sum of all ranks' values, on the device. Returns before it is done; the stream may be captured.
    void add(float* values, std::size_t count, cudaStream_t stream) const { add(values, count, ncclFloat32, stream); }
    void add(double* values, std::size_t count, cudaStream_t stream) const { add(values, count, ncclFloat64, stream); }

    /// Throws DeviceError if a sum that has begun cannot end.
    void check_sums() const {
        ncclResult_t result = ncclSuccess;
        check_nccl(ncclCommGetAsyncError(handle_, &result), "ask for errors");
        if (result != ncclInProgress) check_nccl(result, "add gradients");
    }

  private:
    void add(void* values, std::size_t count, ncclDataType_t type, cudaStream_t stream) const {
        if (count == 0) return;
        check_nccl(ncclAllReduce(values, values, count, type, ncclSum, handle_, stream), "add gradients");
    }

    ncclComm_t handle_ = nullptr;
};

}  // namespace depix::cuda
