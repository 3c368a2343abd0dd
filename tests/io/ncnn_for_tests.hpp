// Bytes of ncnn's .bin files, written by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "depix/half.hpp"

namespace ncnn_for_tests {

struct Bin {
    std::vector<std::byte> bytes;

    Bin& tag(std::uint32_t value) { return append(&value, sizeof value); }
    Bin& floats(std::initializer_list<float> values) { return append(values.begin(), values.size() * sizeof(float)); }
    /// float16, filled up to a multiple of four bytes.
    Bin& halves(std::initializer_list<double> values) {
        for (const double value : values) {
            const std::uint16_t half = depix::Float16::encode(value);
            append(&half, sizeof half);
        }
        while (bytes.size() % 4 != 0) bytes.push_back(std::byte{0});
        return *this;
    }
    Bin& append(const void* data, std::size_t size) {
        const std::size_t end = bytes.size();
        bytes.resize(end + size);
        std::memcpy(bytes.data() + end, data, size);
        return *this;
    }
};

}  // namespace ncnn_for_tests
