// What a network that is compiled when it is needed gives the tool: functions in C, so that the two may come from
// different compilers. This file is part of both.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

/// One tensor of the weights, named as in the network's type.
struct DepixModuleTensor {
    const char* name;
    const std::size_t* shape;
    std::size_t dimensions;
    const float* values;
};

/// Where a function writes what went wrong, and how many characters have room there.
struct DepixModuleError {
    char* text;
    std::size_t size;
};

/// Who takes the bytes of a file.
struct DepixModuleBytes {
    void (*function)(void* context, const std::byte* bytes, std::size_t size);
    void* context;
};

/// How a picture is cut, and what is told after each tile.
struct DepixModuleTiles {
    int size;
    int jobs;
    int reach;                                             ///< 0: all that a tile depends on
    void (*progress)(void* context, int done, int count);  ///< may be null
    void* context;
};

/// No function throws. Those that can fail return 0 or null, and then say why.
struct DepixModule {
    std::uint32_t version;  ///< of this interface
    int in_channels;
    int up, down;  ///< the output's sides are up / down times the input's
    int size_multiple;
    int receptive_field;  ///< -1: every pixel depends on the whole picture
    std::uint64_t parameters;

    /// Height and width of the output, and its channels, for one picture; 0 where the network takes no such size.
    int (*output_shape)(int height, int width, int* output);
    std::uint64_t (*workspace_bytes)(int height, int width, int threads);
    std::uint64_t (*multiply_adds)(int height, int width);
    void* (*load)(const DepixModuleTensor* tensors, std::size_t count, const char* path, int threads,
                  DepixModuleError error);
    void (*unload)(void* network);
    /// The picture has the network's channels, and any size; `result` has room for the enlarged one.
    int (*restore)(const void* network, const float* picture, int height, int width, float* result,
                   DepixModuleTiles tiles, DepixModuleError error);
};

/// The one symbol of a module. Its version comes first in every version.
const DepixModule* depix_module();

/// The one symbol of a module that writes its network as ONNX.
int depix_module_onnx(const DepixModuleTensor* tensors, std::size_t count, const char* path, DepixModuleBytes take,
                      DepixModuleError error);
}

constexpr std::uint32_t depix_module_version = 2;
