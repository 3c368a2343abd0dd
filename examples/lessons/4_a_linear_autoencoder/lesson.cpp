// Lesson 4: a linear autoencoder is PCA.
//
// Two pixels that are near each other are two numbers, a point (x, y). A code of one number replaces both, and both are
// computed from it again. PCA finds the best way by algebra, a network of two layers finds it by training.
//
//     lesson [CLOUD.svg]
#include <depix/image/resize.hpp>
#include <depix/layers/conv.hpp>
#include <depix/network/sequential.hpp>
#include <depix/random.hpp>
#include <depix/train/trainer.hpp>

#include <Eigen/Eigenvalues>
#include <cstdio>
#include <string>

#include "../chart.hpp"

using namespace depix;

// A point is a pixel of two maps, so that all points together are a picture of 2 maps. A convolution with a window of
// 1x1 sees one pixel: the encoder computes a x + b y, the decoder multiplies this code by two other numbers. There is
// no ReLU, so both are linear.
using Autoencoder = Sequential<Named<"encoder", Conv<2, 1, 1, NoBias>>, Named<"decoder", Conv<1, 2, 1, NoBias>>>;
static_assert(Autoencoder::parameter_count == 4);

using Points = Eigen::Matrix<double, 2, Eigen::Dynamic>;

// 400 pairs of pixels of a soft random picture, three columns apart, minus their mean.
Points draw_points() {
    Random random(3);
    Image coarse({1, 10, 10});
    for (float& pixel : coarse.pixels) pixel = static_cast<float>(random.uniform());
    const Image picture = resize(coarse, 100, 100);
    Points points(2, 400);
    for (auto point : points.colwise()) {
        const int y = random.integer(0, 99), x = random.integer(0, 96);
        point << double{picture(0, y, x)}, double{picture(0, y, x + 3)};
    }
    return points.colwise() - points.rowwise().mean();
}

double mean_squared_error(const Points& points, const Eigen::Matrix2d& through) {
    return (points - through * points).squaredNorm() / static_cast<double>(points.size());
}

void print(const char* name, double error, const Eigen::Vector2d& encode, const Eigen::Vector2d& decode) {
    std::printf("%-10s  %.6f   %6.3f x + %6.3f y   (%6.3f, %6.3f)\n", name, error, encode.x(), encode.y(), decode.x(),
                decode.y());
}

int main(int count, char** arguments) {
    const Points points = draw_points();
    Chart chart("pairs of pixels, and the line on which each result lies",
                {-0.7, 0.7, {-0.5, 0, 0.5}, "the left pixel, minus the mean"},
                {-0.7, 0.7, {-0.5, 0, 0.5}, "the right pixel, minus the mean"}, 520, 540);
    for (const auto point : points.colwise()) chart.dots({{point.x(), point.y()}}, "#b0bac5", 2);
    const auto draw_line = [&](Eigen::Vector2d end, const char* colour, double thickness, const std::string& name) {
        end *= (end.y() > 0 ? 0.6 : -0.6) / end.cwiseAbs().maxCoeff();
        chart.stroke({{-end.x(), -end.y()}, {end.x(), end.y()}}, colour, thickness);
        chart.label(end.x(), end.y(), name, "#24292f", -20, -8);
    };
    std::printf("            error      the code of (x, y)     and from a code of 1\n");

    // PCA: the direction in which the points spread most. Of the covariance's two eigenvectors it is the one with the
    // larger eigenvalue, which Eigen gives last. Each point becomes the nearest one on the line in this direction.
    const Eigen::Matrix2d covariance = points * points.transpose() / static_cast<double>(points.cols());
    const auto solver = Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d>().computeDirect(covariance);
    const Eigen::Vector2d component = solver.eigenvectors().col(1);
    const double best = mean_squared_error(points, component * component.transpose());
    print("PCA", best, component, component);
    draw_line(component, "#9ec5f0", 9, "");

    // The network, which is given the points and shall give the same.
    Tensor<float> picture(1, {2, 1, static_cast<int>(points.cols())});
    Eigen::Map<Eigen::Matrix<float, 2, Eigen::Dynamic, Eigen::RowMajor>>(picture.data.data(), 2, points.cols()) =
        points.cast<float>();
    Model<Autoencoder> model(/*seed=*/1);
    Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-2}};
    double error = 0;
    Eigen::Vector2d encode, decode;
    for (int step = 0; step <= 1000; ++step) {
        const auto weights = model.parameters();
        encode << double{weights[0]}, double{weights[1]};
        decode << double{weights[2]}, double{weights[3]};
        error = mean_squared_error(points, decode * encode.transpose());
        if (step == 0 || step == 30 || step == 100 || step == 1000) {
            const std::string name = std::to_string(step) + " steps";
            print(name.c_str(), error, encode, decode);
            draw_line(decode, "#d9662b", 2, name);
        }
        trainer.step(picture, picture);
    }
    if (count > 1) chart.save(arguments[1]);
    return error > 0.999 * best && error < 1.001 * best ? 0 : 1;
}
