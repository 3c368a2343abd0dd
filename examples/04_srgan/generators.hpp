// The widths that this example compiles. A network is a type, so each one is named here once.
#pragma once

#include "depix/models/srresnet.hpp"

namespace example {

using PublishedGenerator = depix::SRResNet<64, 16>;
using SmallGenerator = depix::SRResNet<32, 4>;  // for a laptop: a twentieth of the work

}  // namespace example
