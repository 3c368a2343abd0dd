// A user's program that multiplies by a layer's weights with Eigen through depix::eigen.
#include <depix/data/eigen.hpp>
#include <depix/layers/dense.hpp>

int main() {
    depix::Model<depix::Dense<3, 2>> model;
    depix::weight_as_matrix(model, "weight") << 1, 2, 3, 4, 5, 6;
    const Eigen::Vector2f product = depix::weight_as_matrix(model, "weight") * Eigen::Vector3f(1, 0, 2);
    return product == Eigen::Vector2f(7, 16) ? 0 : 1;
}
