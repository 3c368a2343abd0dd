// Lesson 5: the bottleneck.
//
// An autoencoder makes a code of a picture and a picture of the code. The code is a map of few numbers, the bottleneck.
// How wide must it be? Here networks that differ in nothing but its width learn two tasks: to copy strokes, and to
// restore strokes that were pixelated.
//
//     lesson [STEPS [CHART.svg RESULTS.svg]]
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "../chart.hpp"
#include "../picture_table.hpp"
#include "../strokes.hpp"

using namespace depix;

// Two convolutions of stride 2 leave a quarter of height and width: Width maps of 6x6 for a picture of 24x24. The
// bottleneck itself has no ReLU, so that none of its few numbers is lost as a negative one.
template <int Width>
using Encoder = Sequential<Conv<1, 16, 3, Stride<2>>, ReLU, Conv<16, Width, 3, Stride<2>>>;
template <int Width>
using Decoder = Sequential<ConvTranspose<Width, 16, 2, Stride<2>>, ReLU, ConvTranspose<16, 1, 2, Stride<2>>>;
template <int Width>
using Autoencoder = Sequential<Named<"encoder", Encoder<Width>>, Named<"decoder", Decoder<Width>>>;

static_assert(Encoder<16>::output({1, 24, 24}).size() == 24 * 24);  // as many numbers as the picture has
static_assert(Encoder<1>::output({1, 24, 24}).size() == 24 * 24 / 16);

struct Task {
    const char *name, *colour;
    int window;  // of the pixelation; 1: none
    Chart::Points curve = {};
    std::vector<std::vector<Image>> results = {};  // a column for the clean picture, what is given, and each width
};

template <int Width>
void measure(Task& task, int steps) {
    const auto model = train_on_strokes<Autoencoder<Width>>(steps, task.window);
    const Inference<Autoencoder<Width>, Reference> restore(model, 1);
    task.curve.push_back({Width, psnr_on_strokes(restore, task.window)});
    std::printf("%-8s %2d maps, %3d numbers: %.2f dB\n", task.name, Width, 36 * Width, task.curve.back()[1]);
    Random random(2);
    for (std::vector<Image>& row : task.results) {
        const Image clean = draw_strokes(random), given = pixelate(clean, task.window);
        if (row.empty()) row = {clean, given};
        row.push_back(restore(given));
    }
}

int main(int count, char** arguments) {
    const int steps = count > 1 ? std::atoi(arguments[1]) : 1000;
    Task copy{"copy", "#4a76a8", 1}, restore{"restore", "#d9662b", 2};
    for (Task* task : {&copy, &restore}) {
        task->results.resize(2);
        [&]<int... Widths>(std::integer_sequence<int, Widths...>) { (measure<Widths>(*task, steps), ...); }
        (std::integer_sequence<int, 1, 2, 4, 8, 16>());
    }

    const double given = psnr_on_strokes([](const Image& picture) { return picture; }, 2);
    std::printf("pixelated, as they are given: %.2f dB\n", given);

    if (count > 3) {
        Chart chart("the width of the bottleneck, and the quality of 100 pictures",
                    {0, 17, {1, 2, 4, 8, 16}, "maps in the bottleneck"}, {10, 45, {10, 20, 30, 40}, "PSNR, dB"});
        for (const Task& task : {copy, restore}) {
            chart.stroke(task.curve, task.colour);
            chart.dots(task.curve, task.colour);
            chart.label(8, task.curve[3][1], task.name, task.colour, -30, -12);
        }
        chart.stroke({{0, given}, {17, given}}, "#57606a", 1, "stroke-dasharray='4 4'");
        chart.label(11, given, "pixelated, as they are given", "#57606a", 0, 16);
        chart.save(arguments[2]);
        PictureTable table({"clean", "given", "1 map", "2 maps", "4 maps", "8 maps", "16 maps"}, 72);
        for (const Task& task : {copy, restore})
            for (const std::vector<Image>& row : task.results) table.add_row(row);
        table.save(arguments[3]);
    }
    // From 4 maps on copying gains much, restoring hardly anything.
    const auto gain = [](const Task& task) { return task.curve[4][1] - task.curve[2][1]; };
    return gain(copy) > 3 && gain(restore) < 1 ? 0 : 1;
}
