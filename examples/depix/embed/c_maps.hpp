// CMaps: the shapes of a network's maps, and where they lie in the static array of a C file.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "depix/plan/plan.hpp"
#include "depix/shape.hpp"
#include "embedded_network.hpp"

namespace tool {

[[noreturn]] void refuse_in_c(const EmbeddedLayer& layer);
std::string to_c_comment(depix::Shape shape);  // "3x64x256"

/// Each map lies in the caller's memory or has a place in one array, which maps share that are never needed together.
class CMaps {
  public:
    /// Throws depix::Error, with the layer's name, for a layer that is not written in C or a picture that is too small.
    CMaps(const EmbeddedNetwork& network, int height, int width);

    depix::Shape shape(int map) const { return shapes_[static_cast<std::size_t>(map)]; }
    bool is_integer(int map) const { return is_integer_[static_cast<std::size_t>(map)]; }
    const char* type(int map) const { return is_integer(map) ? "int8_t" : "float"; }
    /// The map in whose memory this one lies.
    int root(int map) const;
    /// The map as an expression in C.
    std::string memory(int map) const;
    std::size_t bytes() const { return bytes_; }
    /// The array; empty if none is needed.
    std::string declaration() const;

  private:
    void find_shape(const EmbeddedLayer& layer);
    void place_maps();
    bool is_in_place(const EmbeddedLayer& layer) const;

    static constexpr std::size_t capacity = 1024;
    const EmbeddedNetwork& network_;
    std::vector<depix::Shape> shapes_;  // of each map
    std::vector<bool> is_integer_;
    std::unique_ptr<depix::Plan<capacity, capacity>> plan_;
    std::vector<std::size_t> offsets_;  // in bytes
    std::size_t bytes_ = 0;
    bool holds_floats_ = false;  // the array does
};

}  // namespace tool
