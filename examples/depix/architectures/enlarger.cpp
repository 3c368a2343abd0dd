#include "depix/models/enlarger.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::enlarger() {
    return make_architecture<depix::Enlarger<4>>("enlarger", "photographs: residual blocks, depix's own");
}
