#include "depix/models/inpainter.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::inpainter() {
    return make_architecture<depix::Inpainter>("inpainter",
                                               "photographs with holes, where a mask says so: depix's own");
}
