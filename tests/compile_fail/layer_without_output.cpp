// A type that says it is a layer, but lacks a member that LayerBase would give it, is refused too.
// expect: depix: this layer needs static constexpr Shape output
// expect: layer_is_incomplete<.*Negate
#include <depix/depix.hpp>
using namespace depix;

struct Negate {
    static constexpr bool is_layer = true;
    static constexpr const char* name = "Negate";
    static constexpr Traits traits{.elementwise = true};
    static constexpr int in_channels = 0, in_height = 0, in_width = 0, channel_multiple = 1;
    static constexpr int out_channels(int channels) { return channels; }
    static constexpr std::array<TensorInfo, 0> tensors{};
    static constexpr std::size_t multiply_adds(Shape) { return 0; }
    static constexpr RowRange needs(RowRange rows) { return rows; }
    static constexpr std::size_t saved_size(int, Shape) { return 0; }
};

static_assert(Sequential<Conv<3, 3>, Negate>::parameter_count == 84);
