// A program with `using namespace depix` keeps its own names. These are the names that a program of this field is most
// likely to have already. They are used together with what the README's tour uses.
#include <doctest/doctest.h>
#include <depix/depix.hpp>

struct Vector {
    float x = 1, y = 2;
};
struct Team {
    int players = 11;
};
enum class Algorithm { quick, slow };
struct Interval {
    double low = 0, high = 1;
};
template <class T>
struct Kernel {
    T taps[9]{};
};
struct Shape2D {
    int rows = 3, columns = 4;
};
struct Part {
    int number = 7;
};

using namespace depix;

using Depixelizer = Sequential<
    Named<"encoder", Conv<3, 6>, BatchNorm<6>, ReLU, MaxPool<2>, Conv<6, 12>, BatchNorm<12>, ReLU, MaxPool<2>,
          Conv<12, 24>, BatchNorm<24>, ReLU, MaxPool<2>>,
    Named<"decoder", ConvTranspose<24, 12, 2, Stride<2>>, BatchNorm<12>, ReLU, ConvTranspose<12, 6, 2, Stride<2>>,
          BatchNorm<6>, ReLU, ConvTranspose<6, 3, 2, Stride<2>>, BatchNorm<3>>>;

static_assert(Depixelizer::parameter_count == 5103);
static_assert(Depixelizer::output({3, 64, 256}) == Shape{3, 64, 256});
static_assert(Depixelizer::size_multiple == 8);

TEST_CASE("a user's own names stand beside depix's") {
    const Vector vector;
    const Team team;
    const Algorithm algorithm = Algorithm::slow;
    const Interval interval;
    const Kernel<float> kernel;
    const Shape2D shape;
    const Part part;

    Model<Depixelizer> model;
    const Inference<Depixelizer, Cpu> restore{model};
    const Image clean = restore(Image({3, 8, 16}, 0.5f));
    CHECK(clean.shape == Shape{3, 8, 16});

    Trainer trainer{model, MeanSquaredError{}, Adam{.learning_rate = 1e-3}};
    CHECK(trainer.step(Image({3, 8, 16}, 0.5f), Image({3, 8, 16}, 0.25f)) > 0);
    CHECK(vector.x + vector.y + static_cast<float>(team.players) == 14);
    CHECK(algorithm != Algorithm::quick);
    CHECK(interval.high - interval.low + kernel.taps[0] + shape.rows * shape.columns + part.number == 20);
}
