#include "networks.hpp"

#include "depix/models/depixelizer.hpp"
#include "depix/models/text_restorer.hpp"

depix::AnyRestorer example::load_network(const std::string& network, const std::filesystem::path& weights,
                                         int threads) {
    if (network == "text_restorer") return depix::load_restorer<depix::TextRestorer>(weights.string(), threads);
    return depix::load_restorer<depix::Depixelizer>(weights.string(), threads);
}
