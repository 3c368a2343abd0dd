// A network in 200 lines, with no library at all: it learns to sharpen pixelated strokes.
//
// It is the depixelizer's small sister: picture + conv(ReLU(conv(picture))), two convolutions of 3x3 with 8 maps
// between them, 153 weights. Everything that a library does is here once, plainly: pictures, layers forward and
// backward, the loss, the optimizer, the training. with_depix.cpp beside it does the same in 20 lines.
//
//     c++ -std=c++20 -O2 network_in_200_lines.cpp && ./a.out
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

// ---- maps ----

// Several grey pictures of one size: of a picture one, of a layer as many as it gives.
struct Maps {
    int channels, height, width;
    std::vector<double> values;

    Maps(int c, int h, int w) : channels(c), height(h), width(w), values(static_cast<std::size_t>(c * h * w)) {}
    double& operator()(int c, int y, int x) { return values[static_cast<std::size_t>((c * height + y) * width + x)]; }
    double operator()(int c, int y, int x) const {  // 0 outside the picture
        if (y < 0 || x < 0 || y >= height || x >= width) return 0;
        return values[static_cast<std::size_t>((c * height + y) * width + x)];
    }
};

// ---- random numbers: the same on every machine ----

struct Random {
    std::uint64_t state;
    double uniform() {  // 0..1: xorshift64*
        state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
        return static_cast<double>(state * 2685821657736338717u >> 11) / 9007199254740992.0;
    }
    int below(int n) { return static_cast<int>(uniform() * n); }
};

// ---- data: strokes, and the same strokes pixelated ----

Maps draw_strokes(Random& random, int size) {
    Maps picture(1, size, size);
    std::fill(picture.values.begin(), picture.values.end(), 1.0);
    for (int stroke = 0; stroke < 5; ++stroke) {
        double y = size * random.uniform(), x = size * random.uniform();
        const double angle = 6.2832 * random.uniform();
        for (int i = 0; i < size; ++i, y += 0.5 * std::sin(angle), x += 0.5 * std::cos(angle)) {
            const int row = static_cast<int>(y), column = static_cast<int>(x);
            if (y >= 0 && x >= 0 && row < size && column < size) picture(0, row, column) = 0;
        }
    }
    return picture;
}

Maps pixelated(const Maps& picture) {  // the mean of every 2x2 pixels
    Maps result(1, picture.height, picture.width);
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x) {
            const int top = y / 2 * 2, left = x / 2 * 2;
            result(0, y, x) = (picture(0, top, left) + picture(0, top, left + 1) + picture(0, top + 1, left) +
                               picture(0, top + 1, left + 1)) /
                              4;
        }
    return result;
}

// ---- a convolution of 3x3 ----

struct Parameter {
    double value = 0, gradient = 0, mean = 0, square = 0;  // the last two are the optimizer's
};

struct Convolution {
    int inputs, outputs;
    std::vector<Parameter> weights, biases;

    Convolution(int in, int out, Random& random)
        : inputs(in),
          outputs(out),
          weights(static_cast<std::size_t>(9 * in * out)),
          biases(static_cast<std::size_t>(out)) {
        for (Parameter& weight : weights) weight.value = (2 * random.uniform() - 1) / std::sqrt(9.0 * in);
    }
    Parameter& weight(int o, int c, int k, int l) {
        return weights[static_cast<std::size_t>(((o * inputs + c) * 3 + k) * 3 + l)];
    }

    Maps forward(const Maps& x) {  // y = x * weights + bias
        Maps y(outputs, x.height, x.width);
        for (int o = 0; o < outputs; ++o)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) {
                    double sum = biases[static_cast<std::size_t>(o)].value;
                    for (int c = 0; c < inputs; ++c)
                        for (int k = 0; k < 3; ++k)
                            for (int l = 0; l < 3; ++l) sum += weight(o, c, k, l).value * x(c, i + k - 1, j + l - 1);
                    y(o, i, j) = sum;
                }
        return y;
    }

    // Adds to the gradients of the weights, and returns that of x. Every product weight * x in a sum y passes y's
    // gradient on to both of its factors.
    Maps backward(const Maps& x, const Maps& dy) {
        Maps dx(inputs, x.height, x.width);
        for (int o = 0; o < outputs; ++o)
            for (int i = 0; i < x.height; ++i)
                for (int j = 0; j < x.width; ++j) {
                    const double gradient = dy(o, i, j);
                    biases[static_cast<std::size_t>(o)].gradient += gradient;
                    for (int c = 0; c < inputs; ++c)
                        for (int k = 0; k < 3; ++k)
                            for (int l = 0; l < 3; ++l) {
                                const int row = i + k - 1, column = j + l - 1;
                                if (row < 0 || column < 0 || row >= x.height || column >= x.width) continue;
                                weight(o, c, k, l).gradient += gradient * x(c, row, column);
                                dx(c, row, column) += gradient * weight(o, c, k, l).value;
                            }
                }
        return dx;
    }
};

// ---- the network: y = x + second(ReLU(first(x))) ----

struct Network {
    Convolution first, second;

    explicit Network(Random& random) : first(1, 8, random), second(8, 1, random) {}

    template <class Visit>
    void for_parameters(Visit visit) {
        for (Convolution* layer : {&first, &second})
            for (auto* part : {&layer->weights, &layer->biases})
                for (Parameter& parameter : *part) visit(parameter);
    }
    static Maps relu(Maps x) {
        for (double& value : x.values) value = std::max(value, 0.0);
        return x;
    }
    Maps restore(const Maps& x) {
        Maps y = second.forward(relu(first.forward(x)));
        for (std::size_t i = 0; i < y.values.size(); ++i) y.values[i] += x.values[i];
        return y;
    }

    // Runs a pair forward and backward; returns the mean squared error.
    double learn(const Maps& x, const Maps& target) {
        const Maps hidden = first.forward(x), active = relu(hidden);
        Maps y = second.forward(active), dy(1, x.height, x.width);
        double loss = 0;
        const auto count = static_cast<double>(y.values.size());
        for (std::size_t i = 0; i < y.values.size(); ++i) {
            const double error = y.values[i] + x.values[i] - target.values[i];
            loss += error * error / count;
            dy.values[i] = 2 * error / count;
        }
        Maps dh = second.backward(active, dy);
        for (std::size_t i = 0; i < dh.values.size(); ++i)
            if (hidden.values[i] <= 0) dh.values[i] = 0;  // ReLU passes on what it let through
        first.backward(x, dh);
        return loss;
    }
};

// ---- Adam (Kingma and Ba 2015) ----

void adam(Network& network, int step, double rate) {
    network.for_parameters([&](Parameter& p) {
        p.mean = 0.9 * p.mean + 0.1 * p.gradient;
        p.square = 0.999 * p.square + 0.001 * p.gradient * p.gradient;
        const double mean = p.mean / (1 - std::pow(0.9, step)), square = p.square / (1 - std::pow(0.999, step));
        p.value -= rate * mean / (std::sqrt(square) + 1e-8);
        p.gradient = 0;
    });
}

double psnr(double mean_squared_error) { return -10 * std::log10(mean_squared_error); }

int main() {
    Random random{1};
    Network network(random);
    for (int step = 1; step <= 2000; ++step) {
        const Maps clean = draw_strokes(random, 24);
        network.learn(pixelated(clean), clean);
        adam(network, step, 3e-3);
    }
    double before = 0, after = 0;  // on pictures that it has not seen
    for (int i = 0; i < 100; ++i) {
        const Maps clean = draw_strokes(random, 24), damaged = pixelated(clean), restored = network.restore(damaged);
        for (std::size_t k = 0; k < clean.values.size(); ++k) {
            before += std::pow(damaged.values[k] - clean.values[k], 2) / 57600;
            after += std::pow(restored.values[k] - clean.values[k], 2) / 57600;
        }
    }
    std::printf("PSNR: %.2f dB pixelated, %.2f dB restored\n", psnr(before), psnr(after));
    return after < before ? 0 : 1;
}
