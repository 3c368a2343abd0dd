// DEPIX_ONNX_MODULE(Network): writes a network as ONNX, as a module that the tool loads.
#pragma once

#include <cstdio>
#include <exception>
#include <span>
#include <utility>
#include <vector>

#include "depix/io/export_onnx.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/model.hpp"
#include "module_interface.hpp"

namespace depix_module_code {

template <class Network>
int write_onnx(const DepixModuleTensor* tensors, std::size_t count, const char* path, DepixModuleBytes take,
               DepixModuleError error) {
    try {
        depix::TensorFile file(path, "memory");
        for (const DepixModuleTensor& tensor : std::span(tensors, count)) {
            std::vector<std::size_t> shape(tensor.shape, tensor.shape + tensor.dimensions);
            const std::span values(tensor.values, *depix::element_count(shape));
            file.add(tensor.name, depix::DataType::F32, std::move(shape), std::as_bytes(values));
        }
        depix::Model<Network> model;
        depix::load(model, file);
        const std::vector<std::byte> bytes = depix::onnx_bytes(model);
        take.function(take.context, bytes.data(), bytes.size());
        return 1;
    } catch (const std::exception& failure) {
        std::snprintf(error.text, error.size, "%s", failure.what());
        return 0;
    }
}

}  // namespace depix_module_code

#define DEPIX_ONNX_MODULE(Network)                                                                                   \
    extern "C" [[gnu::visibility("default")]] int depix_module_onnx(const DepixModuleTensor* tensors,                \
                                                                    std::size_t count, const char* path,             \
                                                                    DepixModuleBytes take, DepixModuleError error) { \
        return depix_module_code::write_onnx<Network>(tensors, count, path, take, error);                            \
    }
