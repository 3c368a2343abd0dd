#include "depix/models/text_restorer.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::text_restorer() {
    return make_architecture<depix::TextRestorer>("text_restorer", "pixelated text: a small U-Net");
}
