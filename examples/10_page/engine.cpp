// The engine of the tabs Restore and Open: networks restore pictures and are opened. worker.js is the other side.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "depix/half.hpp"
#include "exports.hpp"
#include "networks.hpp"
#include "pixels.hpp"

/// The page's function that is told after every tile.
extern "C" __attribute__((import_module("page"), import_name("progress"))) void page_progress(int done, int count);

namespace {

using page::exchange, page::guarded;

struct State {
    std::map<int, std::unique_ptr<page::Network>> networks;
    page::Network* opened = nullptr;
    depix::Image picture;
};

State& state() {
    static State one;
    return one;
}

page::Network& network(int index) {
    std::unique_ptr<page::Network>& one = state().networks[index];
    if (!one) {
        if (index < 0 || index >= page::network_count) throw depix::Error("there is no such network");
        one = page::make_network(page::network_names[index]);
    }
    return *one;
}

void append(std::string& text, const char* key, double value) {
    text += '"';
    text += key;
    text += "\":";
    // Numbers of JSON are finite, and std::to_string would cut small ones to 0.
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.9g", std::isfinite(value) ? value : 0.0);
    text += buffer;
    text += ',';
}
/// Ends a list or an object: the last comma goes.
void close(std::string& text, char bracket) {
    if (text.back() == ',') text.pop_back();
    text += bracket;
    text += ',';
}

std::string describe(const page::Network& one) {
    std::string text = "{";
    append(text, "code", one.code_layer());
    append(text, "height", one.picture.shape.height);
    append(text, "width", one.picture.shape.width);
    append(text, "channels", one.picture.shape.channels);
    text += "\"layers\":[";
    for (const page::OpenedLayer& layer : one.opened) {
        text += "{\"name\":\"" + layer.name + "\",\"kind\":\"" + layer.kind + "\",";
        append(text, "input", layer.input);
        append(text, "other", layer.other);
        append(text, "parameters", static_cast<double>(layer.parameters));
        append(text, "channels", layer.maps.shape.channels);
        append(text, "height", layer.maps.shape.height);
        append(text, "width", layer.maps.shape.width);
        close(text, '}');
    }
    close(text, ']');
    close(text, '}');
    text.pop_back();
    return text;
}

std::string describe(const page::Explanation& explanation, depix::RowRange rows, depix::RowRange columns) {
    std::string text = "{";
    append(text, "bias", explanation.bias);
    append(text, "output", explanation.output);
    append(text, "top", rows.first);
    append(text, "bottom", rows.last);
    append(text, "left", columns.first);
    append(text, "right", columns.last);
    text += "\"terms\":[";
    for (const page::Term& term : explanation.terms) {
        text += '{';
        append(text, "input", term.input);
        append(text, "channel", term.channel);
        append(text, "row", term.row);
        append(text, "column", term.column);
        append(text, "value", term.value);
        append(text, "weight", term.weight);
        close(text, '}');
    }
    close(text, ']');
    close(text, '}');
    text.pop_back();
    return text;
}

}  // namespace

/// How many weights the network has; their float16 values are expected in memory.
PAGE_EXPORT int page_value_count(int index) {
    return guarded([&] { return static_cast<int>(network(index).value_count()); });
}
PAGE_EXPORT int page_load(int index) {
    return guarded([&] {
        std::vector<float> values(exchange().memory.size() / 2);
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::uint16_t half = 0;
            std::memcpy(&half, &exchange().memory[2 * i], 2);
            values[i] = depix::Float16::decode(half);
            if (!std::isfinite(values[i])) throw depix::Error("a weight is not a number");
        }
        network(index).load(values);
        return 0;
    });
}

/// The picture becomes what lies in memory: RGBA, height x width, as 1 or 3 channels.
PAGE_EXPORT int page_picture(int channels, int height, int width) {
    return guarded([&] {
        state().picture = page::from_rgba(exchange().memory, {channels, height, width});
        exchange().memory = {};
        return 0;
    });
}
/// page_bytes() becomes the restored picture, which was cut into tiles.
PAGE_EXPORT int page_restore(int index, int tile) {
    return guarded([&] {
        exchange().bytes = {};
        depix::Tiles tiles{.size = tile, .progress = page_progress};
        const depix::Image restored = network(index).restore(state().picture, tiles);
        state().picture = {};
        exchange().bytes = page::to_rgba(restored);
        return 0;
    });
}

/// page_text() becomes the drawing of the network, for a picture of this size.
PAGE_EXPORT int page_draw(int index, int height, int width) {
    return guarded([&] {
        exchange().text = network(index).draw({network(index).channels(), height, width}, page::network_names[index]);
        return 0;
    });
}
/// Runs the picture, cut to sides that the network takes, and keeps all feature maps; page_text() lists the layers.
PAGE_EXPORT int page_open(int index) {
    return guarded([&] {
        const auto [channels, height, width] = state().picture.shape;
        const int multiple = network(index).size_multiple();
        const int rows = height / multiple * multiple, columns = width / multiple * multiple;
        state().opened = nullptr;
        network(index).open(depix::crop(state().picture, 0, 0, rows, columns));
        state().opened = &network(index);
        exchange().text = describe(*state().opened);
        return 0;
    });
}
PAGE_EXPORT const float* page_maps(int layer) {
    const page::Network* one = state().opened;
    if (!one || layer < -1 || layer >= static_cast<int>(one->opened.size())) return nullptr;
    return layer < 0 ? one->picture.pixels.data() : one->opened[static_cast<std::size_t>(layer)].maps.pixels.data();
}
/// page_text() becomes what a pixel of an opened layer is made of, and what of the picture it depends on.
PAGE_EXPORT int page_explain(int layer, int channel, int row, int column) {
    return guarded([&] {
        const page::Network* one = state().opened;
        if (!one || layer < 0 || layer >= static_cast<int>(one->opened.size()))
            throw depix::Error("there is no such layer");
        const depix::Shape shape = one->opened[static_cast<std::size_t>(layer)].maps.shape;
        if (channel < 0 || row < 0 || column < 0 || channel >= shape.channels || row >= shape.height ||
            column >= shape.width)
            throw depix::Error("there is no such pixel: the layer gives " + to_string(shape));
        exchange().text = describe(one->explain(layer, {channel, row, column}), one->seen(layer, {row, row}),
                                   one->seen(layer, {column, column}));
        return 0;
    });
}
/// Another picture, whose code page_decode can take a channel from. It has the opened picture's size.
PAGE_EXPORT int page_open_other() {
    return guarded([&] {
        if (!state().opened) throw depix::Error("no network is opened");
        state().opened->open_other(state().picture);
        return 0;
    });
}
/// page_bytes() becomes what the decoder makes of the code, with one channel of it, or with that of the other picture
/// in its place, multiplied by a factor.
PAGE_EXPORT int page_decode(int channel, float factor, int from_other) {
    return guarded([&] {
        const auto decoded = state().opened ? state().opened->decode(channel, factor, from_other != 0) : std::nullopt;
        if (!decoded) throw depix::Error("this network has no bottleneck");
        exchange().bytes = page::to_rgba(*decoded);
        return 0;
    });
}
