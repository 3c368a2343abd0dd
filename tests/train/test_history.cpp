// The history as CSV and as a picture.
#include "depix/train/history.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "../io/temporary_folder.hpp"
#include "depix/train/loss_curve.hpp"

using namespace depix;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

/// What XML asks of elements and attributes: tags in pairs, quotes in pairs, no bare ampersand.
bool well_formed(const std::string& xml) {
    std::vector<std::string> open;
    for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
        const std::size_t end = xml.find('>', at);
        if (end == std::string::npos) return false;
        const std::string tag = xml.substr(at + 1, end - at - 1);
        if (tag.find('<') != std::string::npos || count(tag, "\"") % 2 != 0) return false;
        const std::string name = tag.substr(0, tag.find(' '));
        if (name[0] == '?') continue;
        if (name[0] == '/') {
            if (open.empty() || open.back() != name.substr(1)) return false;
            open.pop_back();
        } else if (!tag.ends_with('/')) {
            open.push_back(name);
        }
    }
    for (std::size_t at = xml.find('&'); at != std::string::npos; at = xml.find('&', at + 1))
        if (xml.find(';', at) > at + 6) return false;
    return open.empty();
}

/// The labels of the ticks on one axis, which are told apart by how they are aligned.
std::vector<std::string> labels(const std::string& svg, const std::string& anchor) {
    std::vector<std::string> found;
    const std::string style = "fill=\"#666\" text-anchor=\"" + anchor + "\">";
    for (std::size_t at = svg.find(style); at != std::string::npos; at = svg.find(style, at + 1)) {
        const std::size_t begin = at + style.size();
        found.push_back(svg.substr(begin, svg.find('<', begin) - begin));
    }
    return found;
}
const auto loss_labels = [](const std::string& svg) { return labels(svg, "end"); };
const auto epoch_labels = [](const std::string& svg) { return labels(svg, "middle"); };
using Labels = std::vector<std::string>;

History falling(int epochs, double first, double last) {
    History history;
    for (int epoch = 1; epoch <= epochs; ++epoch) {
        const double loss = first * std::pow(last / first, (epoch - 1.0) / (epochs - 1));
        history.push_back({epoch, loss, loss, 1e-3, 1, 1});
    }
    return history;
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("CSV: a header and a line an epoch") {
    CHECK(history_csv({}) == "epoch,training_loss,validation_loss,learning_rate,seconds,pictures_per_second\n");
    CHECK(history_csv({{1, 0.03125, 0.01875, 1e-3, 12.5, 1440}, {2, 1e-10, std::nan(""), 5e-4, 12, 1500}}) ==
          "epoch,training_loss,validation_loss,learning_rate,seconds,pictures_per_second\n"
          "1,0.03125,0.01875,0.001,12.5,1440\n"
          "2,1e-10,nan,5e-04,12,1500\n");
}

TEST_CASE("CSV: every number reads back exactly") {
    for (const double value : {0.1 + 0.2, 1.0 / 3, std::nextafter(1.0, 2.0), 5e-324, 1.7976931348623157e308})
        CHECK(std::strtod(detail::number_text(value).c_str(), nullptr) == value);
}

TEST_CASE("CSV and SVG reach the disk whole") {
    const TemporaryFolder folder;
    const History history = falling(5, 1, 0.1);
    write_history_csv(folder / "history.csv", history);
    write_loss_curve(folder / "loss.svg", history);
    CHECK(folder.count() == 2);
    const auto text = [](const std::string& path) {
        const auto bytes = read_file(path);
        return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    CHECK(text(folder / "history.csv") == history_csv(history));
    CHECK(text(folder / "loss.svg") == loss_curve_svg(history));
    CHECK_THROWS_AS(write_history_csv(folder / "nowhere/history.csv", history), FileError);
    CHECK_THROWS_AS(write_loss_curve(folder / "nowhere/loss.svg", history), FileError);
}

TEST_CASE("loss curve: valid XML, two lines, a legend, the best epoch") {
    History history = falling(12, 0.05, 0.004);
    history[8].validation_loss = 0.0031;
    const std::string svg = loss_curve_svg(history, {.title = "A <title> & \"more\""});
    CHECK(well_formed(svg));
    CHECK(count(svg, "<polyline") == 2);
    CHECK(count(svg, "A &lt;title&gt; &amp; &quot;more&quot;") == 2);  // the picture's name, and the visible title
    CHECK(count(svg, ">training<") == 1);
    CHECK(count(svg, ">validation<") == 1);
    CHECK(count(svg, ">best: epoch 9, 0.0031<") == 1);
    CHECK(count(svg, "r=\"2.5\"") == 24);
    CHECK(svg.find("nan") == std::string::npos);
    CHECK(svg.find("inf") == std::string::npos);
}

TEST_CASE("loss curve: ticks stand at round numbers") {
    const auto logarithmic = [](double first, double last) {
        return loss_labels(loss_curve_svg(falling(10, first, last)));
    };
    CHECK(logarithmic(0.04, 0.004) == Labels{"0.002", "0.005", "0.01", "0.02", "0.05"});
    CHECK(logarithmic(10, 0.001) == Labels{"0.001", "0.01", "0.1", "1", "10"});
    CHECK(logarithmic(0.0121, 0.0118) == Labels{"0.0118", "0.0119", "0.012", "0.0121"});
    CHECK(logarithmic(1e300, 1e-300).size() < 15);
    CHECK(logarithmic(1, 1) == Labels{"1", "1.0002", "1.0004", "1.0006", "1.0008", "1.001"});

    const auto linear = [](double first, double last) {
        return loss_labels(loss_curve_svg(falling(10, first, last), {.logarithmic = false}));
    };
    CHECK(linear(0.04, 0.004) == Labels{"0", "0.01", "0.02", "0.03", "0.04"});
    CHECK(linear(11, 10) == Labels{"0", "2", "4", "6", "8", "10", "12"});

    const auto epochs = [](int count) { return epoch_labels(loss_curve_svg(falling(count, 1, 0.1))); };
    CHECK(epochs(6) == Labels{"1", "2", "3", "4", "5", "6"});
    CHECK(epochs(35) == Labels{"5", "10", "15", "20", "25", "30", "35"});
}

TEST_CASE("loss curve: the axes grow to the ticks, so that every point lies inside") {
    const std::string svg = loss_curve_svg(falling(2, 0.05, 0.002), {.width = 400, .height = 300});
    // The curve goes from tick to tick, with the first epoch at the top left and the second at the bottom right.
    CHECK(count(svg, "<polyline points=\"102,66 364,244\"") == 2);
}

TEST_CASE("loss curve: what has no place is left out") {
    for (const bool logarithmic : {true, false}) {
        CAPTURE(logarithmic);
        const LossCurveOptions options{.logarithmic = logarithmic};
        const std::string empty = loss_curve_svg({}, options);
        CHECK(well_formed(empty));
        CHECK(count(empty, "best") == 0);

        const History odd{{1, std::nan(""), infinity, 1, 1, 1}, {2, 0.5, 0.0, 1, 1, 1}, {3, -infinity, 0.25, 1, 1, 1}};
        const std::string svg = loss_curve_svg(odd, options);
        CHECK(well_formed(svg));
        CHECK(svg.find("nan") == std::string::npos);
        CHECK(svg.find("inf") == std::string::npos);
        CHECK(count(svg, "r=\"2.5\"") == (logarithmic ? 2 : 3));
        CHECK(count(svg, logarithmic ? "best: epoch 3, 0.25" : "best: epoch 2, 0") == 1);
    }
}
