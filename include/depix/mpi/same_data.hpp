// check_same_data: whether all ranks read the same data set.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "depix/mpi/communicator.hpp"
#include "depix/tensor.hpp"

namespace depix {

namespace detail {

/// FNV-1a over 64 bits (Fowler, Noll and Vo).
struct Fingerprint {
    std::uint64_t value = 0xCBF29CE484222325;

    void add(std::uint64_t number) {
        for (int byte = 0; byte < 8; ++byte) value = (value ^ (number >> 8 * byte & 0xFF)) * 0x100000001B3;
    }
    void add(const Shape& shape) {
        for (const int extent : {shape.channels, shape.height, shape.width}) add(static_cast<std::uint64_t>(extent));
    }
    void add(const std::vector<float>& values) {
        for (const float number : values) value = (value ^ std::bit_cast<std::uint32_t>(number)) * 0x100000001B3;
    }
};

}  // namespace detail

/// Compares the number of pairs, their shapes, and 16 pairs of epoch 0 that are spread over the source. A difference in
/// another pair is not noticed. Throws CollectiveError that names the rank.
template <class Source>
void check_same_data(const Communicator& ranks, const Source& source, const std::string& name) {
    const std::size_t size = source.size();
    const Shape input_shape = source.input_shape(), target_shape = source.target_shape();
    detail::Fingerprint print;
    print.add(size);
    print.add(input_shape);
    print.add(target_shape);
    Tensor<float> input(1, input_shape), target(1, target_shape);
    constexpr std::size_t samples = 16;
    for (std::size_t i = 0; i < samples && size > 0; ++i) {
        source.pair(0, i * (size - 1) / (samples - 1), input.view(), target.view());
        print.add(input.data);
        print.add(target.data);
    }
    struct Data {
        std::uint64_t size, print;
    };
    const std::vector<Data> all = ranks.gather(Data{size, print.value}, "compare the data sets");
    for (std::size_t r = 1; r < all.size(); ++r)
        if (all[r].size != all[0].size || all[r].print != all[0].print)
            throw CollectiveError("depix: rank " + std::to_string(r) + " reads another " + name +
                                  " than rank 0: " + std::to_string(all[r].size) + " pairs, where rank 0 has " +
                                  std::to_string(all[0].size) +
                                  (all[r].size == all[0].size ? ", but other pictures" : ""));
}

}  // namespace depix
