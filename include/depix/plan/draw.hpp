// draw_svg: a drawing of a network in the manner of the U-Net paper's figure (Ronneberger et al. 2015), made from its
// type.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "depix/plan/check.hpp"
#include "depix/plan/drawing.hpp"
#include "depix/plan/drawing_layout.hpp"
#include "depix/plan/svg.hpp"

namespace depix {

namespace detail {

/// Makes SVG of a drawing.
class DrawingWriter {
  public:
    DrawingWriter(const Drawing& drawing, const DrawingLayout& layout)
        : drawing_(drawing), nodes_(drawing.nodes), arcs_(layout.arcs()) {}

    std::string write(std::string_view title, std::size_t parameters) {
        canvas_.text(24, 30, "font-size=\"15\" font-weight=\"bold\"", title);
        canvas_.text(24, 46, "fill=\"#57606a\"",
                     SvgCanvas::with_commas(parameters) + (parameters == 1 ? " parameter" : " parameters"));
        for (const DrawnBlock& one : drawing_.blocks) write_block(one);
        for (std::size_t i = 0; i < nodes_.size(); ++i) write_skip(i);
        for (const DrawnNode& node : nodes_) write_arrow(node);
        for (const DrawnNode& node : nodes_) write_node(node);
        write_ends();
        write_legend();
        return canvas_.file(drawing_.width, bottom_ + 16);
    }

  private:
    static constexpr const char* skip_colour = "#8b949e";
    static constexpr const char* box = "fill=\"#d6e4f5\" stroke=\"#4a76a8\"";
    static constexpr const char* copied = "fill=\"#fff\" stroke=\"#4a76a8\"";

    static constexpr const char* block =
        "rx=\"6\" fill=\"#57606a\" fill-opacity=\".06\" stroke=\"#afb8c1\" stroke-dasharray=\"4 3\"";

    static std::string number(double value) { return SvgCanvas::number(value); }
    const DrawnNode& node(int index) const { return nodes_[static_cast<std::size_t>(index)]; }

    // ---- colours ----

    struct Kind {
        const char* name;
        const char* colour;
    };
    static Kind kind_of(Operation operation) {
        switch (operation) {
            case Operation::Convolution:
                return {"convolution", "#2563ab"};
            case Operation::StridedConvolution:
                return {"convolution with stride", "#c2571a"};
            case Operation::TransposedConvolution:
                return {"transposed convolution", "#1d8a4e"};
            case Operation::Pooling:
                return {"pooling", "#c62f3b"};
            case Operation::Upsampling:
                return {"nearest neighbour", "#0f8a8a"};
            case Operation::PixelShuffle:
                return {"pixel shuffle", "#7a3fb0"};
            case Operation::Other:
                return {"", "#6b4f2a"};  // its name stands at the arrow
            case Operation::None:
                break;
        }
        return {"", "#57606a"};
    }
    // The band of a node's elementwise layers. Each combination of layers gets the next colour.
    std::string band(const std::string& after) {
        static constexpr const char* colours[]{"#f0a53a", "#5b9bd5", "#d9738a", "#7fb069", "#a78bca", "#c9b458"};
        auto found = std::ranges::find(bands_, after);
        if (found == bands_.end()) found = bands_.insert(found, after);
        const auto index = static_cast<std::size_t>(found - bands_.begin()) % std::size(colours);
        return std::string("fill=\"").append(colours[index]).append("\"");
    }

    // ---- parts of the drawing ----

    void write_block(const DrawnBlock& one) {
        canvas_.rectangle(one.left, one.top, one.right - one.left, one.bottom - one.top, block);
        canvas_.text(one.right - 7, one.top + 14, "font-size=\"12\" font-weight=\"bold\" text-anchor=\"end\"",
                     "\u00d7 " + std::to_string(one.count));
    }

    void write_skip(std::size_t index) {
        const DrawnNode& target = nodes_[index];
        if (target.skip < 0) return;
        const DrawnNode& source = node(target.skip);
        const auto arc =
            std::ranges::find_if(arcs_, [&](const DrawnArc& one) { return one.target == static_cast<int>(index); });
        const double middle = source.middle(), end = target.x - 2;
        if (arc == arcs_.end()) {  // nothing stands between: a flat arc from side to side
            const bool enters_block = source.block != target.block;
            const double start = enters_block ? target.x - drawn::branch : source.right() + 2;
            const double y = middle - target.height / 6, bulge = (std::min)(28.0, (end - start) / 6);
            canvas_.path("M" + number(start) + " " + number(enters_block ? middle : y) + "Q" +
                             number((start + end) / 2) + " " + number(y - bulge) + " " + number(end - 4) + " " +
                             number(y - 1),
                         skip_colour);
            return canvas_.head(end, y, 1, 0, skip_colour);
        }
        const double round = (std::min)(7.0, (arc->right - arc->left) / 2);
        const std::string turn = number(round);
        const std::string over = "M" + number(source.right() + 2) + " " + number(middle) + "H" + number(arc->left) +
                                 "V" + number(arc->top + round) + "q0 -" + turn + " " + turn + " -" + turn + "H" +
                                 number(arc->right - round) + "q" + turn + " 0 " + turn + " " + turn;
        if (target.sum) {
            canvas_.path(over + "V" + number(target.y - 6), skip_colour);
            return canvas_.head(arc->right, target.y - 1, 0, 1, skip_colour);
        }
        const double y = middle - target.height / 4;
        canvas_.path(over + "V" + number(y - 4) + "q0 4 4 4H" + number(end - 5), skip_colour);
        canvas_.head(end, y, 1, 0, skip_colour);
    }

    void write_arrow(const DrawnNode& to) {
        if (to.from < 0) return;
        const DrawnNode& from = node(to.from);
        const std::string colour = kind_of(to.operation).colour;
        if (from.level == to.level) {
            canvas_.path("M" + number(from.right() + 2) + " " + number(from.middle()) + "H" + number(to.x - 7), colour);
            canvas_.head(to.x - 2, from.middle(), 1, 0, colour);
            return canvas_.text(to.x - 4, from.middle() + 12, "class=\"e k\"", to.label);
        }
        const bool down = to.level > from.level, aside = to.entry() > from.right() + 1;
        const double x = to.entry(), end = down ? to.y - 2 : to.bottom() + 2;
        const std::string tip = "V" + number(down ? end - 5 : end + 5);
        if (aside)
            canvas_.path("M" + number(from.right() + 2) + " " + number(from.middle()) + "H" + number(x - 6) +
                             "q6 0 6 " + (down ? "6" : "-6") + tip,
                         colour);
        else
            canvas_.path("M" + number(x) + " " + number(down ? from.bottom() + 2 : from.y - 2) + tip, colour);
        canvas_.head(x, end, 0, down ? 1 : -1, colour);
        // At the upper end, where no label of the lower level is.
        const double y = (down ? from.bottom() : to.bottom()) + 17;
        canvas_.text(x - 5, y, "class=\"e k\"", to.label);
        canvas_.text(x + 6, y, "", shape_text(to.arrived()));
    }

    void write_node(const DrawnNode& one) {
        if (one.sum)
            return write_sum(one.x + drawn::radius, one.middle(), drawn::radius, one.product,
                             one.after.empty() ? "fill=\"#fff\"" : band(one.after));
        const bool end = &one == &nodes_.front() || &one == &nodes_.back();
        canvas_.rectangle(one.x, one.y, one.width, one.height, end ? "fill=\"#eaeef2\" stroke=\"#57606a\"" : box);
        if (!one.after.empty()) {
            const double wide = std::clamp(one.width / 3, 1.5, 4.0);
            canvas_.rectangle(one.right() - wide, one.y, wide, one.height, band(one.after));
        }
        if (one.skip_channels > 0) canvas_.rectangle(one.x, one.y, one.skipped_width(), one.height, copied);
        if (one.from >= 0 && !end) write_channels(one);
    }

    // A circle with + or, for a product, with x in it.
    void write_sum(double x, double y, double radius, bool product, const std::string& fill) {
        canvas_.circle(x, y, radius, fill + " stroke=\"#24292f\"");
        if (product)
            canvas_.path("M" + number(x - 3) + " " + number(y - 3) + "l6 6m-6 0l6 -6", "#24292f");
        else
            canvas_.path("M" + number(x - 4) + " " + number(y) + "h8M" + number(x) + " " + number(y - 4) + "v8",
                         "#24292f");
    }

    // The number over a box, unless the shape stands at an arrow there; beside an arrow that leaves the box upwards.
    void write_channels(const DrawnNode& one) {
        if (node(one.from).level < one.level) return;
        const auto index = static_cast<int>(&one - nodes_.data());
        const bool leaves_up = std::ranges::any_of(nodes_, [&](const DrawnNode& next) {
            return next.from == index && next.level < one.level && next.entry() <= one.right() + 1;
        });
        std::string text = std::to_string(one.shape.channels - one.skip_channels);
        if (one.skip_channels > 0) text.insert(0, std::to_string(one.skip_channels) + " + ");
        const double x = one.x + one.width / 2;
        canvas_.text(leaves_up ? x - 4 : x, one.y - 4, leaves_up ? "class=\"e\"" : "class=\"c\"", text);
    }

    void write_ends() {
        const DrawnNode &input = nodes_.front(), &output = nodes_.back();
        const double left = input.x - 8, right = output.right() + 8;
        canvas_.text(left, input.middle() - 2, "text-anchor=\"end\" font-weight=\"bold\"", "input");
        canvas_.text(left, input.middle() + 11, "text-anchor=\"end\"", shape_text(input.shape));
        canvas_.text(right, output.middle() - 2, "font-weight=\"bold\"", "output");
        canvas_.text(right, output.middle() + 11, "", shape_text(output.shape));
    }

    // ---- legend ----

    void next_line(double height) {
        x_ = 24;
        bottom_ += height;
    }
    template <class Symbol>
    void explain(std::string_view text, double symbol_width, const Symbol& symbol) {
        const double whole = symbol_width + 6 + SvgCanvas::width_of(text, 10) + 14;
        if (x_ + whole > drawing_.width) next_line(18);
        symbol(x_, bottom_ - 3);
        canvas_.text(x_ + symbol_width + 6, bottom_, "", text);
        x_ += whole;
    }
    void explain_arrow(std::string_view text, std::string_view colour) {
        explain(text, 20, [&](double x, double y) {
            canvas_.path("M" + number(x) + " " + number(y) + "h15", colour);
            canvas_.head(x + 20, y, 1, 0, colour);
        });
    }

    void write_legend() {
        bottom_ = drawing_.bottom;
        next_line(38);
        const auto any = [&](const auto& condition) { return std::ranges::any_of(nodes_, condition); };
        for (int i = 0; i <= static_cast<int>(Operation::Other); ++i) {
            const auto operation = static_cast<Operation>(i);
            const auto [name, colour] = kind_of(operation);
            if (name[0] != '\0' && any([&](const DrawnNode& one) { return one.operation == operation; }))
                explain_arrow(name, colour);
        }
        if (any([](const DrawnNode& one) { return one.skip >= 0; })) explain_arrow("skip", skip_colour);
        if (any([](const DrawnNode& one) { return one.skip_channels > 0; }))
            explain("concatenation", 10, [&](double x, double y) {
                canvas_.rectangle(x, y - 6, 5, 12, copied);
                canvas_.rectangle(x + 5, y - 6, 5, 12, box);
            });
        for (const bool product : {false, true})
            if (any([&](const DrawnNode& one) { return one.sum && one.product == product; }))
                explain(product ? "product" : "sum", 12,
                        [&](double x, double y) { write_sum(x + 6, y, 6, product, "fill=\"#fff\""); });
        for (const std::string& after : bands_)
            explain(after, 4, [&](double x, double y) { canvas_.rectangle(x, y - 6, 4, 12, band(after)); });
        if (!drawing_.blocks.empty())
            explain("n times, each with its own weights", 24, [&](double x, double y) {
                canvas_.rectangle(x, y - 6, 24, 12, block);
                canvas_.text(x + 12, y + 3, "class=\"c k\" font-weight=\"bold\"", "\u00d7 n");
            });
        next_line(18);
        for (const char* sentence :
             {"Shapes are channels\u00d7height\u00d7width; the number over a box is its channels.",
              "A box is as high as the square root of the height, and as wide as that of the channels."}) {
            const double whole = SvgCanvas::width_of(sentence, 9) + 2;
            if (x_ > 24 && x_ + whole > drawing_.width - 20) next_line(14);
            canvas_.text(x_, bottom_, "class=\"k\" style=\"fill:#57606a\"", sentence);
            x_ += whole;
        }
    }

    const Drawing& drawing_;
    const std::vector<DrawnNode>& nodes_;
    const std::vector<DrawnArc>& arcs_;
    SvgCanvas canvas_;
    std::vector<std::string> bands_;
    double x_ = 0, bottom_ = 0;
};

}  // namespace detail

/// A drawing of the network as SVG, for a picture of this shape. Every box is a feature map: its height is proportional
/// to the square root of the map's height, its width to the square root of the channels. Batch norm and activation
/// after a convolution are a coloured band of its box. Smaller maps stand lower. The shape stands at every arrow that
/// changes height and width, the number of channels over every other box. Skips are grey arcs. A Repeat is drawn once,
/// in a frame that says how often. Throws ShapeError if the network cannot take the shape.
///
///     std::ofstream("depixelizer.svg") << draw_svg<Depixelizer>({3, 64, 256}, "Depixelizer");
template <Module Network>
std::string draw_svg(Shape input, std::string_view title = {}) {
    output_shape<Network>(input);
    detail::DrawingVisitor network(input);
    walk<Network>(network, 0);
    detail::Drawing drawing = detail::make_drawing(network);
    const detail::DrawingLayout layout(drawing);
    return detail::DrawingWriter(drawing, layout).write(title, Network::parameter_count);
}

}  // namespace depix
