// look: a contact sheet of what a network computes for a picture: the maps of every layer, the filters of the first
// convolution, and the bottleneck.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "depix/data/parallel.hpp"
#include "depix/image/contact_sheet.hpp"
#include "files.hpp"
#include "jobs.hpp"
#include "labels.hpp"
#include "models.hpp"

namespace {

using depix::Image;
using depix::View;

struct Range {
    float smallest = std::numeric_limits<float>::infinity(), largest = -std::numeric_limits<float>::infinity();

    void include(const View<const float>& map) {
        for (int y = 0; y < map.height; ++y)
            for (int x = 0; x < map.width; ++x) {
                smallest = std::min(smallest, map(0, 0, y, x));
                largest = std::max(largest, map(0, 0, y, x));
            }
    }
    std::string text() const {
        char text[64];
        // + 0 makes 0 of -0.
        std::snprintf(text, sizeof text, "%.3g to %.3g", static_cast<double>(smallest) + 0,
                      static_cast<double>(largest) + 0);
        return text;
    }
};

/// A layer, and what the sheet shows of it.
struct Row {
    std::string name, kind;
    depix::Shape shape;
    Range range;
    std::vector<Image> pictures;

    std::string shown() const {
        const std::string all = std::to_string(shape.channels), drawn = std::to_string(pictures.size());
        return (drawn == all ? all : drawn + " of " + all) + " maps";
    }
};

/// What a network made of a picture.
struct Inside {
    std::vector<Row> rows;
    Row bottleneck;  // of the layers with the smallest maps the one with the fewest channels; of equal ones the last
    depix::Tensor<float> filters;
    Image output;
};

/// Puts rows together. All pictures have the area of a square of 96 pixels, as far as that is possible.
class Sheet {
  public:
    Sheet(const tool::Labels& labels, depix::Shape picture) : labels_(labels) {
        const double aspect = std::sqrt(static_cast<double>(picture.width) / picture.height);
        width_ = std::clamp(static_cast<int>(std::lround(96 * aspect)), 24, 384);
        height_ = std::clamp(static_cast<int>(std::lround(96 / aspect)), 24, 384);
    }

    /// Pictures in a row.
    int columns() const { return std::max(4, 1536 / (width_ + gap)); }

    /// The first maps, each from its own smallest value (black) to its own largest (white).
    std::vector<Image> pictures(const View<const float>& maps, int most) const {
        std::vector<Image> result;
        for (int c = 0; c < std::min(most, maps.channels); ++c) {
            Range range;
            range.include(maps.slice(c, 1));
            const float span = range.largest - range.smallest;
            Image image({1, maps.height, maps.width}, 0.5f);
            for (int y = 0; span > 0 && y < maps.height; ++y)
                for (int x = 0; x < maps.width; ++x) image(0, y, x) = (maps(0, c, y, x) - range.smallest) / span;
            result.push_back(captioned(image, range.text()));
        }
        return result;
    }
    /// The filters of a convolution, (Out, In, K, K): in colour if In is 3, otherwise the first input channel.
    std::vector<Image> filters(const depix::Tensor<float>& weights, int most) const {
        std::vector<Image> result;
        const int channels = weights.shape.channels == 3 ? 3 : 1;
        for (int n = 0; n < std::min(most, weights.batch); ++n) {
            const auto filter = weights.view().images(n, 1).slice(0, channels);
            Range range;
            for (int c = 0; c < channels; ++c) range.include(filter.slice(c, 1));
            const float span = std::max(range.largest - range.smallest, 1e-30f);
            Image image({channels, filter.height, filter.width});
            for (int c = 0; c < channels; ++c)
                for (int y = 0; y < filter.height; ++y)
                    for (int x = 0; x < filter.width; ++x)
                        image(c, y, x) = (filter(0, c, y, x) - range.smallest) / span;
            result.push_back(captioned(depix::resize(image, side(), side(), depix::Resampling::Nearest), range.text()));
        }
        return result;
    }

    void add(const std::vector<std::string>& label, const std::vector<Image>& pictures) {
        for (std::size_t first = 0; first < pictures.size(); first += static_cast<std::size_t>(columns())) {
            std::vector<Image> row;
            if (labels_.present())
                row.push_back(labels_.lines(first == 0 ? label : std::vector<std::string>{}, label_width));
            const std::size_t last = std::min(pictures.size(), first + static_cast<std::size_t>(columns()));
            row.insert(row.end(), pictures.begin() + static_cast<std::ptrdiff_t>(first),
                       pictures.begin() + static_cast<std::ptrdiff_t>(last));
            strips_.push_back(depix::contact_sheet({row}, {.gap = gap}));
        }
    }
    /// Pictures as they are, up to 384 pixels, under lines of text.
    void add_heading(const std::vector<std::string>& text, const std::vector<Image>& pictures) {
        if (labels_.present())
            strips_.push_back(depix::contact_sheet({{labels_.lines(text, heading_width, 13)}}, {.gap = gap}));
        strips_.push_back(depix::contact_sheet({pictures}, {.gap = gap, .largest_side = 384}));
    }
    /// All strips, one under the other. (A contact sheet of them would hold several copies of a large picture.)
    Image whole() && {
        depix::Shape shape;
        for (const Image& strip : strips_)
            shape = {std::max(shape.channels, strip.shape.channels), shape.height + strip.shape.height,
                     std::max(shape.width, strip.shape.width)};
        Image sheet(shape, 1.0f);
        int top = 0;
        for (Image& strip : strips_) {
            const Image part = depix::convert_channels(std::move(strip), shape.channels);
            for (int c = 0; c < shape.channels; ++c)
                for (int y = 0; y < part.shape.height; ++y)
                    std::copy_n(&part(c, y, 0), part.shape.width, &sheet(c, top + y, 0));
            top += part.shape.height;
        }
        return sheet;
    }

  private:
    static constexpr int gap = 3, label_width = 210, heading_width = 900;

    int side() const { return std::min(width_, height_); }
    Image captioned(const Image& map, const std::string& caption) const {
        const bool larger = map.shape.height > height_ || map.shape.width > width_;
        const bool fits = map.shape.height == map.shape.width && map.shape.height == side();
        Image image = fits ? map
                           : depix::resize(map, height_, width_,
                                           larger ? depix::Resampling::Bilinear : depix::Resampling::Nearest);
        for (float& value : image.pixels) value = std::clamp(value, 0.0f, 1.0f);
        if (!labels_.present()) return image;
        return depix::contact_sheet({{image}, {labels_.lines({caption}, std::max(image.shape.width, 84), 10)}},
                                    {.gap = 0});
    }

    const tool::Labels& labels_;
    int width_ = 0, height_ = 0;
    std::vector<Image> strips_;
};

/// The middle of the picture, at most `most` pixels each way, continued by reflection to sides that the network takes.
Image prepared(const tool::Architecture& network, Image image, int most) {
    image = depix::convert_channels(std::move(image), network.channels);
    const int height = std::min(image.shape.height, most), width = std::min(image.shape.width, most);
    const depix::Shape padded = network.padded({network.channels, height, width});
    return depix::crop_reflected(image, (image.shape.height - height) / 2, (image.shape.width - width) / 2,
                                 padded.height, padded.width);
}

void check_output(const tool::LookOptions& options) {
    std::error_code ignored;
    if (options.output != "-" && std::filesystem::equivalent(options.picture, options.output, ignored))
        throw tool::UsageError(options.output + ": the sheet would replace the picture");
    tool::check_writable(options.output);
}

/// At most so many maps of the bottleneck are drawn, and filters.
constexpr int most_of_one = 64;

Inside look_inside(const tool::ChosenModel& model, const Image& picture, const Sheet& sheet, int most) {
    const tool::Architecture& network = *model.architecture;
    Inside inside;
    const auto see = [&](std::string_view name, std::string_view kind, View<const float> output) {
        Row& row = inside.rows.emplace_back(Row{std::string(name), std::string(kind), output.shape(), {}, {}});
        for (int c = 0; c < output.channels; ++c) row.range.include(output.slice(c, 1));
        row.pictures = sheet.pictures(output, most);
        const depix::Shape smallest = inside.bottleneck.shape;
        if (smallest.channels == 0 ||
            std::pair(row.shape.area(), row.shape.channels) <= std::pair(smallest.area(), smallest.channels)) {
            inside.bottleneck = row;
            inside.bottleneck.pictures = sheet.pictures(output, std::max(most, most_of_one));
        }
        if (output.channels == 1 || output.channels == 3) {  // the last of them is the network's output
            inside.output = Image(output.shape());
            depix::copy(output, inside.output.view());
        }
    };
    if (network.observe == nullptr)
        throw tool::UsageError(network.name + (network.takes_mask ? " takes a mask" : " is a published network") +
                               ", and such networks do not show their layers");
    inside.filters = network.observe(model.weights, model.backend, depix::hardware_threads(), picture, see);
    for (float& value : inside.output.pixels)
        value = std::clamp((value - network.black) / (1 - network.black), 0.0f, 1.0f);
    return inside;
}

void fill(Sheet& sheet, const Inside& inside, const Image& picture, int most) {
    const depix::Tensor<float>& filters = inside.filters;
    if (filters.batch > 0)
        sheet.add({inside.rows.front().name + ".weight", "the filters of the first layer,",
                   std::to_string(filters.batch) + " of " + to_string(filters.shape)},
                  sheet.filters(filters, std::max(most, most_of_one)));
    const Row& bottleneck = inside.bottleneck;
    char share[64];
    std::snprintf(share, sizeof share, "%zu values, %.3g %% of %zu", bottleneck.shape.size(),
                  100.0 * static_cast<double>(bottleneck.shape.size()) / static_cast<double>(picture.shape.size()),
                  picture.shape.size());
    sheet.add({"the bottleneck:", bottleneck.name, bottleneck.kind + ", " + to_string(bottleneck.shape), share,
               bottleneck.shown()},
              bottleneck.pictures);
    for (const Row& row : inside.rows)
        sheet.add({row.name, row.kind, to_string(row.shape), row.range.text(), row.shown()}, row.pictures);
}

void print_list(std::FILE* file, const Inside& inside) {
    std::fprintf(file, "%-28s %-18s %-16s %s\n", "LAYER", "KIND", "SHAPE", "VALUES");
    for (const Row& row : inside.rows)
        std::fprintf(file, "%-28s %-18s %-16s %s%s\n", row.name.c_str(), row.kind.c_str(), to_string(row.shape).c_str(),
                     row.range.text().c_str(), row.name == inside.bottleneck.name ? "  (the bottleneck)" : "");
}

}  // namespace

int tool::look(const LookOptions& options) {
    const ChosenModel model = choose_model(options.model);
    const Format& format = output_format(RestoreOptions{}, options.output);
    check_output(options);
    const Labels labels(options.font);
    const Image whole = read_image(options.picture, options.limits).color;
    const Image picture = prepared(*model.architecture, whole, options.side);
    const bool cut = whole.shape.height > options.side || whole.shape.width > options.side;

    Sheet sheet(labels, picture.shape);
    const int most = options.maps > 0 ? options.maps : sheet.columns();
    const Inside inside = look_inside(model, picture, sheet, most);
    sheet.add_heading({model.name + ": the picture" + (cut ? "'s middle, " : ", ") + to_string(picture.shape) +
                           ", and what the network makes of it",
                       "Every map is drawn from its smallest value (black) to its largest (white), which stand below "
                       "it; a map of one value is grey."},
                      {picture, inside.output});
    fill(sheet, inside, picture, most);
    depix::ImageFile file;
    file.color = std::move(sheet).whole();
    write_picture(options.output, {.image = std::move(file)}, format, 95);

    print_list(options.output == "-" ? stderr : stdout, inside);
    if (!labels.present() && options.font.empty())
        std::fputs(
            "depix: the sheet has no labels, because neither Roboto, DejaVu Sans, Liberation Sans nor FreeSans is "
            "installed (apt-get install fonts-roboto-unhinted; --font names another). Its rows are the filters, the "
            "bottleneck, and then those of the list.\n",
            stderr);
    return 0;
}
