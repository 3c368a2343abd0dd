// Lesson 1: a network is a type.
//
// A picture goes in at the left, a picture comes out at the right. In between are layers, and each layer turns some
// maps (grey pictures) into others. Here a layer is a C++ type, and so is the whole network. The compiler therefore
// knows how many maps every layer takes and gives, and can count, check and draw before anything runs.
//
//     lesson [DRAWING.svg]
#include <depix/depix.hpp>
#include <depix/plan/draw.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>

using namespace depix;

// A convolution gives each pixel the weighted sum of the pixels around it. Conv<3, 8> takes 3 maps, red, green and
// blue, and gives 8: it has 8 x 3 windows of 3x3 weights, and 8 numbers that are added, its biases.
static_assert(parameters_of<Conv<3, 8>>() == 8 * 3 * 3 * 3 + 8);

// ReLU replaces negative values by 0. It has no weights, and takes any number of maps. Without it two convolutions
// after each other would be no more than one.
static_assert(parameters_of<ReLU>() == 0);

// MaxPool<2> keeps the largest of every 2x2 pixels, so height and width are halved. ConvTranspose<8, 3, 2, Stride<2>>
// doubles them: every pixel becomes 2x2.
using Encoder = Sequential<Conv<3, 8>, ReLU, MaxPool<2>>;
using Decoder = Sequential<ConvTranspose<8, 3, 2, Stride<2>>>;

// An autoencoder squeezes a picture into fewer numbers and makes a picture of them again.
using Autoencoder = Sequential<Named<"encoder", Encoder>, Named<"decoder", Decoder>>;

// All of this is known to the compiler. If one of these lines were wrong, the program would not compile.
static_assert(Autoencoder::parameter_count == 224 + 99);
static_assert(Autoencoder::output({3, 64, 256}) == Shape{3, 64, 256});
static_assert(Encoder::output({3, 64, 256}) == Shape{8, 32, 128});
static_assert(Autoencoder::size_multiple == 2);      // height and width must be even
static_assert(receptive_field<Autoencoder>() == 4);  // a pixel of the result depends on 4x4 pixels of the picture

int main(int count, char** arguments) {
    // The layers, what each gives, and its weights.
    std::cout << summary<Autoencoder>({3, 64, 256});
    if (count > 1) std::ofstream(arguments[1]) << draw_svg<Autoencoder>({3, 64, 256}, "Autoencoder");

    // The type has no weights. A model of the type has: random ones, because nothing has trained it yet.
    const Model<Autoencoder> model{/*seed=*/1};
    for (const auto& tensor : model.tensors())
        std::printf("%s has %zu numbers\n", tensor.name.c_str(), tensor.values.size());

    // It runs, too. What comes out is of the right size and means nothing yet: see lesson 3 for how it learns.
    const Image result = Inference<Autoencoder>{model}(Image({3, 64, 256}, 0.5f));
    std::printf("a picture of %s\n", to_string(result.shape).c_str());
    return result.shape == Shape{3, 64, 256} ? 0 : 1;
}
