// The page's networks without a browser: writes the weights that the page loads, and what the page must compute, for
// its tests.
//
//     page_native weights NETWORK FILE.safetensors OUT.f16     parameters and running statistics as float16
//     page_native restore NETWORK WEIGHTS.f16 HEIGHT WIDTH IN.rgba OUT.rgba [REPEATS]
//     page_native open    NETWORK WEIGHTS.f16 HEIGHT WIDTH IN.rgba OUT.f32    all maps, one after the other
//     page_native train   STEPS BATCH PAIRS IN.rgba [WIDTH skip|none]    prints the loss of every step; Adam, 1e-2,
//     seed 1 page_native pixelate WINDOW HEIGHT WIDTH IN.rgba OUT.rgba page_native onnx    NETWORK FILE.safetensors
//     OUT.onnx    for other engines; prints the margin that restore adds
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "depix/half.hpp"
#include "depix/io/export_onnx.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/models/text_restorer.hpp"
#include "networks.hpp"
#include "pixels.hpp"
#include "training.hpp"

namespace {

std::vector<std::uint8_t> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + ": cannot be read");
    return {std::istreambuf_iterator<char>(file), {}};
}
void write_file(const std::string& path, const void* data, std::size_t bytes) {
    std::ofstream file(path, std::ios::binary);
    file.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
    if (!file) throw std::runtime_error(path + ": cannot be written");
}

/// Calls use(model) with the network of this name and its weights.
template <class Network, class Use>
void with_model(const std::string& path, Use&& use) {
    depix::Model<Network> model;
    depix::load(model, path);
    use(model);
}
template <class Use>
void with_model(const std::string& name, const std::string& path, Use&& use) {
    if (name == "text_restorer") return with_model<depix::TextRestorer>(path, use);
    if (name == "depixelizer") return with_model<depix::Depixelizer>(path, use);
    if (name == "page_cleaner") return with_model<depix::PageCleaner>(path, use);
    if (name == "documents_autoencoder") return with_model<depix::DocumentsAutoencoder>(path, use);
    if (name == "denoiser" || name == "dejpeg") return with_model<depix::Denoiser>(path, use);
    throw std::runtime_error(name + ": there is no such network");
}
void write_weights(const std::string& name, const std::string& from, const std::string& to) {
    std::vector<std::uint16_t> halves;
    with_model(name, from, [&](const auto& model) {
        for (const auto& values : {model.parameters(), model.statistics()})
            for (const float value : values) halves.push_back(depix::Float16::encode(value));
    });
    write_file(to, halves.data(), 2 * halves.size());
}

void write_onnx(const std::string& name, const std::string& from, const std::string& to) {
    with_model(name, from, [&]<class Network>(const depix::Model<Network>& model) {
        depix::export_onnx(model, to);
        std::printf("%d\n", depix::detail::border_margin<Network>());
    });
}

std::unique_ptr<page::Network> load_network(const std::string& name, const std::string& path) {
    auto network = page::make_network(name);
    if (!network) throw std::runtime_error(name + ": there is no such network");
    const std::vector<std::uint8_t> bytes = read_file(path);
    std::vector<float> values;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
        values.push_back(depix::Float16::decode(static_cast<std::uint16_t>(bytes[i] | bytes[i + 1] << 8)));
    network->load(values);
    return network;
}

void restore(const page::Network& network, const depix::Image& image, const std::string& to, int repeats) {
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < repeats; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const std::vector<std::uint8_t> rgba = page::to_rgba(network.restore(image, depix::Tiles{}));
        best = (std::min)(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        if (i == 0) write_file(to, rgba.data(), rgba.size());
    }
    std::printf("%.2f ms\n", 1e3 * best);
}

void open(page::Network& network, const depix::Image& image, const std::string& to) {
    network.open(image);
    std::vector<float> all;
    for (const page::OpenedLayer& layer : network.opened)
        all.insert(all.end(), layer.maps.pixels.begin(), layer.maps.pixels.end());
    write_file(to, all.data(), 4 * all.size());
}

void train(int steps, int batch, int pairs, const std::string& path, page::TrainedType type) {
    const std::vector<std::uint8_t> rgba = read_file(path);
    const std::size_t size = 4 * page::Training::shape.area();
    std::vector<float> sides[2];
    for (int i = 0; i < 2 * pairs; ++i) {
        const std::span<const std::uint8_t> one(rgba.data() + static_cast<std::size_t>(i) * size, size);
        const depix::Image image = page::from_rgba(one, page::Training::shape);
        sides[i / pairs].insert(sides[i / pairs].end(), image.pixels.begin(), image.pixels.end());
    }
    const auto training =
        page::make_training(type, std::move(sides[0]), std::move(sides[1]), {.learning_rate = 1e-2}, 1);
    for (int i = 0; i < steps; ++i) std::printf("%.9g\n", training->step(batch));
}

int run(const std::vector<std::string>& arguments) {
    const std::string command = arguments.empty() ? "" : arguments[0];
    if (command == "weights" && arguments.size() == 4) {
        write_weights(arguments[1], arguments[2], arguments[3]);
    } else if (command == "onnx" && arguments.size() == 4) {
        write_onnx(arguments[1], arguments[2], arguments[3]);
    } else if ((command == "restore" || command == "open") && arguments.size() >= 7) {
        const auto network = load_network(arguments[1], arguments[2]);
        const depix::Shape shape{network->channels(), std::stoi(arguments[3]), std::stoi(arguments[4])};
        const depix::Image image = page::from_rgba(read_file(arguments[5]), shape);
        if (command == "open")
            open(*network, image, arguments[6]);
        else
            restore(*network, image, arguments[6], arguments.size() > 7 ? std::stoi(arguments[7]) : 1);
    } else if (command == "train" && (arguments.size() == 5 || arguments.size() == 7)) {
        page::TrainedType type;
        if (arguments.size() == 7) type = {std::stoi(arguments[5]), arguments[6] == "skip"};
        train(std::stoi(arguments[1]), std::stoi(arguments[2]), std::stoi(arguments[3]), arguments[4], type);
    } else if (command == "pixelate" && arguments.size() == 6) {
        const depix::Shape shape{3, std::stoi(arguments[2]), std::stoi(arguments[3])};
        const depix::Image image = page::from_rgba(read_file(arguments[4]), shape);
        const std::vector<std::uint8_t> rgba = page::to_rgba(depix::pixelate(image, std::stoi(arguments[1])));
        write_file(arguments[5], rgba.data(), rgba.size());
    } else {
        std::fprintf(
            stderr,
            "usage: page_native weights|onnx|restore|open|train|pixelate ...; the head of native.cpp says it all\n");
        return 2;
    }
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        return run({arguments + 1, arguments + count});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "page_native: %s\n", error.what());
        return 1;
    }
}
