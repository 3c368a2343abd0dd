#include "depix/models/text_restorer.hpp"
#include "../embed/quantize.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::text_restorer() {
    Architecture architecture =
        make_architecture<depix::TextRestorer>("text_restorer", "pixelated text: a small U-Net");
    architecture.quantize = &quantize_network<depix::TextRestorer>;
    return architecture;
}
