// draw_svg: what is drawn of a network, and that no box covers another.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "depix/layers/average_pool.hpp"
#include "depix/layers/dense.hpp"
#include "depix/layers/global_average_pool.hpp"
#include "depix/layers/layer_norm.hpp"
#include "depix/layers/pixel_unshuffle.hpp"
#include "depix/layers/silu.hpp"
#include "depix/layers/simple_gate.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/denoiser.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/inpainter.hpp"
#include "depix/models/page_cleaner.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/srresnet.hpp"
#include "depix/models/text_restorer.hpp"
#include "depix/plan/draw.hpp"

using namespace depix;

namespace {

template <class Network>
detail::Drawing nodes_of(Shape input) {
    detail::DrawingVisitor network(input);
    walk<Network>(network, 0);
    return detail::make_drawing(network);
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

bool has(const std::string& svg, const std::string& text) { return svg.find(">" + text + "<") != svg.npos; }

template <class Network>
void check_layout(Shape input) {
    CAPTURE(to_string(input));
    detail::Drawing drawing = nodes_of<Network>(input);
    const detail::DrawingLayout layout(drawing);
    const auto& nodes = drawing.nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        CAPTURE(i);
        const auto& a = nodes[i];
        CHECK(a.x >= 0);
        CHECK(a.right() <= drawing.width);
        CHECK(a.bottom() <= drawing.bottom + 1e-6);  // rounding
        CHECK((a.from >= 0 || i == 0));
        CHECK(a.from < static_cast<int>(i));
        for (std::size_t k = 0; k < i; ++k) {
            const auto& b = nodes[k];
            const bool apart = a.x >= b.right() || b.x >= a.right() || a.y >= b.bottom() || b.y >= a.bottom();
            CHECK(apart);
        }
    }
    for (const auto& arc : layout.arcs()) {
        CAPTURE(arc.target);
        CHECK(arc.left < arc.right);
        for (const auto& node : nodes)  // an arc passes over all boxes of its level
            if (node.level == nodes[static_cast<std::size_t>(arc.target)].level && node.x < arc.right &&
                node.right() > arc.left)
                CHECK(arc.top < node.y);
    }
    const std::string svg = draw_svg<Network>(input, "A & B <C>");
    CHECK(svg.starts_with("<svg "));
    CHECK(svg.ends_with("</svg>\n"));
    CHECK(has(svg, "A &amp; B &lt;C&gt;"));
    CHECK(svg.find("nan") == svg.npos);
    CHECK(svg.find("inf") == svg.npos);
    CHECK(count(svg, "<text") == count(svg, "</text>"));
    CHECK(svg.size() < 30000);
}

}  // namespace

TEST_CASE("the depixelizer's drawing") {
    const auto drawing = nodes_of<Depixelizer>({3, 64, 256});
    REQUIRE(drawing.nodes.size() == 10);  // input, three times convolution and pooling, three transposed convolutions
    CHECK(drawing.nodes[1].after == "BatchNorm2d + ReLU");
    CHECK(drawing.nodes[2].operation == detail::Operation::Pooling);
    CHECK(drawing.nodes[6].shape == Shape{24, 8, 32});
    const std::string svg = draw_svg<Depixelizer>({3, 64, 256}, "Depixelizer");
    for (const char* text : {"Depixelizer", "5,103 parameters", "3×64×256", "6×32×128", "24×8×32", "12×16×64", "3×3",
                             "2×2", "BatchNorm2d + ReLU", "pooling", "transposed convolution"}) {
        CAPTURE(text);
        CHECK(has(svg, text));
    }
    CHECK_FALSE(has(svg, "skip"));
    CHECK(svg == draw_svg<Depixelizer>({3, 64, 256}, "Depixelizer"));
}

TEST_CASE("norms and gates in a drawing") {
    using Network = Sequential<PixelUnshuffle<2, 3>, Conv<12, 8>, LayerNorm2d<8>, SimpleGate, Conv<4, 6>, SiLU,
                               MaxPool<3, Stride<2>, Padding<1>>>;
    const auto drawing = nodes_of<Network>({3, 16, 16});
    REQUIRE(drawing.nodes.size() == 6);
    CHECK(drawing.nodes[1].operation == detail::Operation::Other);
    CHECK(drawing.nodes[1].label == "PixelUnshuffle");
    CHECK(drawing.nodes[2].after == "LayerNorm2d");
    CHECK(drawing.nodes[3].label == "SimpleGate");
    CHECK(drawing.nodes[4].after == "SiLU");
    CHECK(drawing.nodes[5].operation == detail::Operation::Pooling);
    CHECK(drawing.nodes[5].label == "3×3");
}

TEST_CASE("a kernel that is not square is named by both its sides") {
    const std::string svg = draw_svg<Sequential<Conv<4, 4, 7, KernelSize<1, 7>>, Conv<4, 4, 3, Groups<4>>>>({4, 8, 8});
    CHECK(has(svg, "1×7"));
    CHECK(has(svg, "3×3"));
    CHECK_FALSE(has(svg, "7×7"));
}

TEST_CASE("boxes are to scale") {
    detail::Drawing drawing = nodes_of<PixelShuffleUNet<32>>({3, 256, 256});
    const detail::DrawingLayout layout(drawing);
    const auto& first = drawing.nodes[1];
    CHECK(first.shape == Shape{16, 256, 256});
    for (const auto& node : drawing.nodes) {
        CHECK(node.height / first.height == doctest::Approx(std::sqrt(node.shape.height / 256.0)));
        CHECK(node.width / first.width ==
              doctest::Approx(std::max(std::sqrt(node.shape.channels / 16.0), 2 / first.width)));
    }
}

TEST_CASE("the U-Net's skips end in concatenations") {
    const auto drawing = nodes_of<PixelShuffleUNet<32>>({3, 256, 256});
    int skips = 0;
    for (const auto& node : drawing.nodes) {
        if (node.skip < 0) continue;
        ++skips;
        CHECK(drawing.nodes[static_cast<std::size_t>(node.skip)].shape.channels == node.skip_channels);
        CHECK(node.shape.channels == 2 * node.skip_channels);
    }
    CHECK(skips == 5);
    const std::string svg = draw_svg<PixelShuffleUNet<32>>({3, 256, 256});
    CHECK(has(svg, "256 + 256"));
    CHECK(has(svg, "512×8×8") == false);  // the convolution's box has only its channels
    CHECK(has(svg, "256×8×8"));
    CHECK(has(svg, "1024"));
}

TEST_CASE("repeated blocks are drawn once") {
    const auto small = nodes_of<SRResNet<64, 2>>({3, 64, 64}), large = nodes_of<SRResNet<64, 16>>({3, 64, 64});
    CHECK(small.nodes.size() == large.nodes.size());
    CHECK(has(draw_svg<SRResNet<>>({3, 64, 64}), "× 16"));
    const std::string rrdb = draw_svg<RRDB<>>({3, 64, 64});
    CHECK(has(rrdb, "× 23"));
    CHECK(has(rrdb, "× 3"));
    CHECK(has(rrdb, "256 + 64"));
    // Blocks that change the shape differ from each other, and so do those of a Repeat of one.
    CHECK(nodes_of<Sequential<Conv<1, 2>, Repeat<3, MaxPool<2>>>>({1, 16, 16}).nodes.size() == 5);
    CHECK(nodes_of<Sequential<Conv<1, 2>, Repeat<1, Conv<2, 2>>>>({1, 16, 16}).blocks.empty());
}

TEST_CASE("nothing covers anything else") {
    check_layout<Depixelizer>({3, 64, 256});
    check_layout<TextRestorer>({3, 64, 256});
    check_layout<DocumentsAutoencoder>({1, 420, 540});
    check_layout<PageCleaner>({1, 256, 256});
    check_layout<PixelShuffleUNet<32>>({3, 256, 256});
    check_layout<DeGanGenerator<64>>({1, 256, 256});
    check_layout<SRResNet<>>({3, 64, 64});
    check_layout<Inpainter>({4, 64, 64});  // a skip from a slice, from which no arrow goes
    check_layout<RRDB<>>({3, 64, 64});
    check_layout<Denoiser>({3, 256, 256});
}

TEST_CASE("unusual networks") {
    using Inner = SkipConcat<MaxPool<2>, Conv<4, 8>, ReLU, PixelShuffle<2>>;
    check_layout<
        Sequential<Conv<3, 4>, ReLU, SkipConcat<Residual<Inner, Conv<6, 4>, LeakyReLU<>>, Conv<4, 3>>, Conv<7, 2>>>(
        {3, 10, 22});
    using Short = SkipConcat<Conv<3, 2>, ReLU>;
    check_layout<Sequential<Conv<1, 3>, SkipConcat<Short, MaxPool<2>, Conv<5, 8>, PixelShuffle<2>>, Conv<5, 1>>>(
        {1, 6, 18});
    check_layout<Sequential<Conv<2, 3>, SkipConcat<SkipConcat<SkipConcat<Conv<3, 1>>>>, Conv<10, 2>>>({2, 5, 9});
    check_layout<Sequential<Residual<Conv<2, 2>>, Residual<ReLU>, SkipConcat<ReLU>>>({2, 7, 17});
    check_layout<Sequential<Conv<3, 6>, AveragePool<4>, ReLU, SkipConcat<MaxPool<2>, Conv<6, 4>, Upsample<2>>,
                            Conv<10, 9>, PixelShuffle<3>, Conv<1, 4, 3, Stride<3>>, Upsample<4>>>({3, 16, 40});
    check_layout<Sequential<Conv<3, 8>, ReLU, MaxPool<2>, GlobalAveragePool, Dense<8, 16>, ReLU, Dense<16, 5>>>(
        {3, 12, 10});
    check_layout<Sequential<Conv<1, 2>, Repeat<2, Residual<Conv<2, 4, 3, Stride<2>>, Repeat<3, Conv<4, 4>>,
                                                           ConvTranspose<4, 2, 2, Stride<2>>>>>>({1, 8, 8});
    check_layout<Sequential<Conv<1, 1, 1>>>({1, 1, 1});
}

TEST_CASE("a shape that the network cannot take is refused") {
    CHECK_THROWS_WITH_AS(draw_svg<Depixelizer>({3, 64, 60}),
                         "depix: the network cannot take a picture of 3x64x60: height and width must be positive "
                         "multiples of 8",
                         ShapeError);
    CHECK_THROWS_AS(draw_svg<Depixelizer>({1, 64, 64}), ShapeError);
}
