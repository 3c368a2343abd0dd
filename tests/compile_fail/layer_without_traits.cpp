// The message for a layer without traits says so in one sentence.
// expect: depix: this layer has no traits: it needs static constexpr Traits traits
// expect: layer_is_incomplete<.*Negate
#include <depix/depix.hpp>
using namespace depix;

struct Negate : LayerBase<Negate> {
    static constexpr const char* name = "Negate";
};

using Network = Sequential<Conv<3, 3>, Negate>;
static_assert(Network::size_multiple == 1);
constexpr auto table = summary<Network>({3, 8, 8});
