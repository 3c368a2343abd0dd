// The exercise of lesson 4: find principal components with nothing but products. Multiply any vector by the covariance,
// again and again: the direction in which the points spread most is stretched most, so it takes over. Scale the vector
// back to length 1 each time. Fill in `first_component`. The program returns 0 when three components are right.
//
// A hint: v.normalized() is v with length 1. Do not begin with a vector that is symmetric, such as all ones: the second
// component of this covariance is at right angles to it.
#include <Eigen/Core>
#include <cmath>
#include <cstdio>

using Matrix = Eigen::Matrix<double, 8, 8>;
using Vector = Eigen::Matrix<double, 8, 1>;

// The first principal component of this covariance.
Vector first_component(const Matrix& covariance) {
    (void)covariance;
    return Vector::UnitX();  // your lines
}

int main() {
    // A row of 8 pixels of an ordinary picture: neighbours are much alike, and the more so the nearer they are.
    Matrix covariance;
    for (int i = 0; i < 8; ++i)
        for (int j = 0; j < 8; ++j) covariance(i, j) = std::pow(0.9, std::abs(i - j));

    Matrix rest = covariance;
    double kept = 0;
    bool right = true;
    for (int k = 0; k < 3; ++k) {
        const Vector v = first_component(rest);
        const double variance = v.dot(covariance * v);
        std::printf("%5.2f %% of the variance:", 100 * variance / covariance.trace());
        for (const double weight : v) std::printf(" %5.2f", weight);
        std::printf("\n");
        right = right && std::fabs(v.norm() - 1) < 1e-9 && (covariance * v - variance * v).norm() < 1e-6;
        kept += variance / covariance.trace();
        rest -= variance * v * v.transpose();  // what is left when the first is taken away: its first is the second
    }
    return right && kept > 0.9 ? 0 : 1;
}
