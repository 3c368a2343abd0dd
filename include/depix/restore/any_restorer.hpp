// load_restorer: a trained network of any type, as a function from picture to picture.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/restore/restore.hpp"

namespace depix {

/// A network whose type is no longer known: programs that choose one among several at run time keep it in this. It may
/// be copied, and called from many threads; the copies share the network.
using AnyRestorer = std::function<Image(const Image&)>;

/// Loads a network's weights and prepares it. `call(network, image)` is what a picture goes through: restore() unless
/// told otherwise. Threads are as Inference takes them. Throws what `load` does.
///
///     const AnyRestorer clean = load_restorer<PageCleaner>("page_cleaner.safetensors");
///     const Image page = clean(read_image("page.png", 1));
template <Module Network, class Backend = Cpu, class Call>
AnyRestorer load_restorer(const std::string& weights, int threads, Call call) {
    Model<Network> model;
    load(model, weights);
    const auto network = std::make_shared<const Inference<Network, Backend>>(model, threads);
    return [network, call = std::move(call)](const Image& image) { return call(*network, image); };
}
template <Module Network, class Backend = Cpu>
AnyRestorer load_restorer(const std::string& weights, int threads = 0) {
    return load_restorer<Network, Backend>(
        weights, threads,
        [](const Inference<Network, Backend>& network, const Image& image) { return restore(network, image); });
}

}  // namespace depix
