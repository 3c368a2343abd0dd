// 1: a linear autoencoder finds the principal components.
//
// An autoencoder squeezes a patch of 8x8 pixels, which is a vector x of 64 numbers, into a code of 16 numbers, and
// computes the patch from the code again. Without activations both halves are matrices: the code is E x, the result is
// D^T E x. Training lowers the mean squared error |x - D^T E x|^2 by gradient steps.
//
// Principal component analysis (PCA) answers the same question without steps. Of all matrices of rank 16, the one with
// the least error projects onto the 16 eigenvectors of the patches' covariance that have the largest eigenvalues
// (Eckart and Young 1936). Baldi and Hornik ("Neural networks and principal component analysis", Neural Networks 2,
// 1989) showed that the autoencoder's error has no other minimum, only saddle points. So training must end in the same
// space.
//
// It need not end at the same vectors. For any invertible matrix A, A E and A^-T D give the same error. So the two
// spaces are compared, not the vectors: the principal angles between them (Bjorck and Golub 1973) are 0, their cosines
// 1, where the spaces share a direction.
//
// As a depix network, E is a convolution of 8x8 with a stride of 8, and D^T the transposed one: the same matrix for
// every block of a picture, as in JPEG.
//
//     1_autoencoder_or_pca [--images FOLDER] [--patches 50000] [--steps 6000] [--sheet bases.png]
#include <depix/data/eigen.hpp>
#include <depix/depix.hpp>
#include <depix/image/contact_sheet.hpp>
#include <depix/metrics/fidelity.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <cmath>
#include <numbers>

#include "pictures.hpp"

using namespace depix;
using Matrix = RowMajorMatrix<double>;

namespace {

constexpr int side = 8, codes = 16, pixels = side * side;

using Autoencoder = Sequential<Named<"encoder", Conv<1, codes, side, Stride<side>, Padding<0>, NoBias>>,
                               Named<"decoder", ConvTranspose<codes, 1, side, Stride<side>, NoBias>>>;
static_assert(Autoencoder::parameter_count == 2 * codes * pixels);
static_assert(Autoencoder::output({1, side, side}) == Shape{1, side, side});

/// Patches at random places of the pictures, a row each, minus their mean.
RowMajorMatrix<float> draw_patches(const std::vector<Image>& pictures, int count) {
    RowMajorMatrix<float> patches(count, pixels);
    Random random(1);
    for (const Image& picture : pictures)
        if (picture.shape.height < side || picture.shape.width < side)
            throw ShapeError("a picture of " + to_string(picture.shape) + " is smaller than a patch of 8x8");
    for (auto patch : patches.rowwise()) {
        const Image& picture =
            pictures[static_cast<std::size_t>(random.integer(0, static_cast<int>(pictures.size()) - 1))];
        const int y = random.integer(0, picture.shape.height - side), x = random.integer(0, picture.shape.width - side);
        patch = channel_as_matrix(picture, 0).block<side, side>(y, x).reshaped<Eigen::RowMajor>().transpose();
    }
    const Eigen::RowVectorXf mean = patches.colwise().mean();
    patches.rowwise() -= mean;
    return patches;
}

/// The autoencoder, trained on batches of 256 patches. The learning rate falls along half a cosine. A step takes less
/// than a millisecond, too little to share between threads.
Model<Autoencoder> train(const RowMajorMatrix<float>& patches, int steps) {
    Model<Autoencoder> model(/*seed=*/1);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, Cpu{}, /*threads=*/1};
    const Eigen::Index batch = std::min<Eigen::Index>(256, patches.rows());
    for (int step = 0; step < steps; ++step) {
        trainer.optimizer.learning_rate = 5e-3 * (1 + std::cos(std::numbers::pi * step / steps)) / 2;
        const Eigen::Index first = step * batch % (patches.rows() - batch + 1);
        const auto rows = matrix_as_batch(patches.middleRows(first, batch), {1, side, side});  // no copy
        trainer.step(rows, rows);
    }
    return model;
}

/// The columns of a matrix as small pictures, grey where they are 0.
std::vector<Image> draw_columns(const Matrix& columns) {
    std::vector<Image> tiles;
    for (const auto column : columns.colwise()) {
        const Matrix patch = column.reshaped<Eigen::RowMajor>(side, side) / (2 * column.cwiseAbs().maxCoeff());
        tiles.push_back(quantized(resize(to_image(patch.array() + 0.5), 6 * side, 6 * side, Resampling::Nearest)));
    }
    return tiles;
}

double print_error(const char* name, const Matrix& difference) {
    const double error = difference.squaredNorm() / static_cast<double>(difference.size());
    std::printf("%-24s %.7f   %6.2f dB\n", name, error, decibels(error));
    return error;
}

}  // namespace

int main(int count, char** arguments) {
    const example::Options options(count, arguments,
                                   {{"--images", ""}, {"--patches", "50000"}, {"--steps", "6000"}, {"--sheet", ""}});
    try {
        const std::vector<Image> pictures = example::read_pictures(options.path("--images"), 1);
        const RowMajorMatrix<float> patches = draw_patches(pictures, options.number("--patches"));
        const Matrix x = patches.cast<double>();  // a patch in each row

        // PCA. Eigen sorts the eigenvalues in rising order, so the last columns are the first components.
        const Matrix covariance = x.transpose() * x / static_cast<double>(x.rows());
        const Eigen::SelfAdjointEigenSolver<Matrix> solver(covariance);
        const Matrix components = solver.eigenvectors().rightCols<codes>().rowwise().reverse();

        // The network. Its weights are Eigen matrices where they lie; the rows of D are what a code's number adds.
        const Model<Autoencoder> model = train(patches, options.number("--steps"));
        const Matrix encode = weight_as_matrix(model, "encoder.weight").cast<double>();  // E: 16 x 64
        const Matrix decode = weight_as_matrix(model, "decoder.weight").cast<double>();  // D: 16 x 64

        std::printf("%td patches of %dx%d from %zu pictures, %d numbers each\n", x.rows(), side, side, pictures.size(),
                    codes);
        std::printf("%-24s mean squared error\n", "");
        print_error("their mean alone", x);
        const double least = print_error("principal components", x - x * components * components.transpose());
        const double reached = print_error("linear autoencoder", x - x * encode.transpose() * decode);

        // An orthonormal basis of the space that D's rows span. The singular values of the product of two such bases
        // are the cosines of the principal angles.
        const Matrix orthonormal =
            Eigen::HouseholderQR<Matrix>(decode.transpose()).householderQ() * Matrix::Identity(pixels, codes);
        const Eigen::JacobiSVD<Matrix> angles(components.transpose() * orthonormal);
        std::printf("cosines of the principal angles:");
        for (const double cosine : angles.singularValues()) std::printf(" %.3f", cosine);
        std::printf("\ndistance of E D^T from the identity: %.4f\n",
                    (encode * decode.transpose() - Matrix::Identity(codes, codes)).norm());

        // The network's space has principal components of its own. Turned to these, its basis looks like PCA's.
        const Eigen::SelfAdjointEigenSolver<Matrix> own(orthonormal.transpose() * covariance * orthonormal);
        Matrix turned = orthonormal * own.eigenvectors().rowwise().reverse();
        for (int i = 0; i < codes; ++i)  // a component has no sign of its own
            if (turned.col(i).dot(components.col(i)) < 0) turned.col(i) *= -1;
        const std::string sheet = options.path("--sheet");
        if (!sheet.empty()) {
            write_image(sheet, contact_sheet(
                                   {draw_columns(components), draw_columns(turned), draw_columns(decode.transpose())}));
            std::printf("PCA, the autoencoder turned, the autoencoder as trained: %s\n", sheet.c_str());
        }
        if (reached < 0.9999 * least) throw Error("no code of 16 numbers can have a smaller error than PCA's");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
