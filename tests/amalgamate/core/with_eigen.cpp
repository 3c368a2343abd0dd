// A program that includes depix as one file, with Eigen but without stb and xtensor.
#define DEPIX_WITH_EIGEN
#include "depix.hpp"

int main() {
    depix::Model<depix::Conv<1, 2>> model;
    depix::weight_as_matrix(model, "weight").setZero();
    return model.parameters()[0] == 0 ? 0 : 1;
}
