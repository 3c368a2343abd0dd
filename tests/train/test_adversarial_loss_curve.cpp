// The loss curves of an adversarial run: four lines with a legend, and histories with nothing to show.
#include "depix/train/adversarial_loss_curve.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace depix;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

}  // namespace

TEST_CASE("four losses over the epochs") {
    AdversarialHistory history;
    for (int epoch = 1; epoch <= 5; ++epoch)
        history.push_back({epoch, 0.3, 0.2, 0.05 / epoch, 0.9, 20.0 + epoch, 1e-3, 10, 5});
    const std::string svg = adversarial_loss_curve_svg(history, {.title = "a run"});
    CHECK(count(svg, "<polyline") == 4);
    CHECK(count(svg, "r=\"2.5\"") == 20);
    for (const char* name : {">discriminator, real<", ">discriminator, generated<", ">content<", ">adversarial<"})
        CHECK(count(svg, name) == 1);
    CHECK(count(svg, ">a run<") == 2);
    CHECK(count(svg, "best") == 0);  // no loss of an adversarial run says which epoch is the best

    // The legend's entries stand side by side: each begins after the one before it ends.
    double last = 0;
    for (const char* name : {"discriminator, real", "discriminator, generated", "content", "adversarial"}) {
        const std::size_t end = svg.find(std::string(">") + name + "<"), begin = svg.rfind("<text x=\"", end);
        const double x = std::stod(svg.substr(begin + 9));
        CHECK(x > last);
        last = x + 5.5 * static_cast<double>(std::string(name).size());  // a letter is 5.5 pixels wide
    }
    CHECK(last < 700);
}

TEST_CASE("what cannot be shown is left out") {
    CHECK(count(adversarial_loss_curve_svg({}), "<polyline") == 4);
    const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
    const std::string svg =
        adversarial_loss_curve_svg({{1, nan, 0.1, infinity, 0, 0, 0, 0, 0}, {2, 0.2, -1, 0.3, 0.4, 0, 0, 0, 0}});
    CHECK(count(svg, "r=\"2.5\"") == 4);
    CHECK(count(svg, "nan") == 0);
    CHECK(count(svg, "inf") == 0);
}
