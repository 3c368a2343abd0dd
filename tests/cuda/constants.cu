// Checks that nvcc compiles the core and the models, and that a kernel can use a network's constants.
//
// A constexpr function of the host is not a function of the device. Calling one in a kernel needs nvcc's
// --expt-relaxed-constexpr, even where a constant is wanted; depix does without. Only plain values are passed on:
//
//     as template arguments     constants<Network::parameter_count, Network::output({3, 64, 256}).width>
//     as constexpr variables    constexpr int size_multiple = Network::size_multiple;
//     as arguments              ConvGeometry, copied to the device with the kernel's other arguments
//
// A kernel's template arguments are numbers, or layers such as Conv<3, 6>. nvcc 13 accepts no values of class type
// there (Shape, ConvGeometry), and no network with a Named part, because its name is such a value. What nvcc writes for
// the host compiler then does not compile.
//
// Where there is a GPU, the kernels run and are compared with the textbook. Elsewhere they are only compiled.
#include <cstdio>
#include <vector>

#include "core.hpp"  // every header of the core, written by CMakeLists.txt

using namespace depix;

static_assert(Depixelizer::parameter_count == 5103);
static_assert(Depixelizer::output({3, 64, 256}) == Shape{3, 64, 256});

// The plan exists only in the compiler, so its numbers can be used like literals.
constexpr auto plan = plan_for_inference<Depixelizer>();
static_assert(plan.step_count == 6, "three convolutions, three transposed ones, everything else fused to them");

/// What a kernel needs to know of a picture: the fields of a View, without its functions.
struct Plane {
    float* data;
    int height;
    int width;
};

/// One value of y = x * weight + bias: y[o][i][j].
///
/// x is (In, H, W), weight (Out, In, K, K), bias (Out); x.height and x.width are H and W.
__device__ float convolve_at(const ConvGeometry& g, Plane x, const float* weight, const float* bias, int o, int i,
                             int j) {
    float sum = bias[o];
    for (int c = 0; c < g.in_channels; ++c)
        for (int k = 0; k < g.kernel; ++k)
            for (int l = 0; l < g.kernel; ++l) {
                const int row = i * g.stride + k - g.padding_before;
                const int column = j * g.stride + l - g.padding_before;
                if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
                sum += weight[((o * g.in_channels + c) * g.kernel + k) * g.kernel + l] *
                       x.data[(c * x.height + row) * x.width + column];
            }
    return sum;
}

/// y = x * weight + bias, with a thread for each value of y, which is (Out, H', W'). This kernel serves every geometry.
__global__ void convolve(ConvGeometry g, Plane x, const float* weight, const float* bias, Plane y) {
    const int index = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x), area = y.height * y.width;
    if (index < g.out_channels * area)
        y.data[index] = convolve_at(g, x, weight, bias, index / area, index % area / y.width, index % y.width);
}

/// The same, compiled for one kernel size and stride.
template <int Kernel, int Stride>
__global__ void convolve_specialised(ConvGeometry g, Plane x, const float* weight, const float* bias, Plane y) {
    g.kernel = Kernel;
    g.stride = Stride;
    const int index = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x), area = y.height * y.width;
    if (index < g.out_channels * area)
        y.data[index] = convolve_at(g, x, weight, bias, index / area, index % area / y.width, index % y.width);
}

/// A network's constants as plain numbers, without the network's type.
constexpr int size_multiple = Depixelizer::size_multiple;

template <std::size_t ParameterCount, int OutputWidth>
__global__ void constants(int* result) {
    result[0] = static_cast<int>(ParameterCount);
    result[1] = size_multiple;
    result[2] = OutputWidth;
}

namespace {

bool succeeded(cudaError_t error, const char* what) {
    if (error != cudaSuccess) std::printf("%s: %s\n", what, cudaGetErrorString(error));
    return error == cudaSuccess;
}

/// Memory of the device, with a copy of `values` in it.
template <class T>
T* on_device(const std::vector<T>& values) {
    T* memory = nullptr;
    const std::size_t bytes = values.size() * sizeof(T);
    if (!succeeded(cudaMalloc(&memory, bytes), "cudaMalloc")) return nullptr;
    if (!succeeded(cudaMemcpy(memory, values.data(), bytes, cudaMemcpyHostToDevice), "cudaMemcpy")) return nullptr;
    return memory;
}

template <class T>
std::vector<T> from_device(const T* memory, std::size_t size) {
    std::vector<T> values(size);
    succeeded(cudaMemcpy(values.data(), memory, size * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
    return values;
}

/// Small whole numbers, so that sums are exact in any order and rounding.
std::vector<float> whole_numbers(std::size_t size) {
    std::vector<float> values(size);
    for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(static_cast<int>(i * 7 % 11) - 5);
    return values;
}

template <class Layer>
bool same_convolution(Shape shape) {
    constexpr ConvGeometry g = Layer::geometry;
    const Shape result = Layer::output(shape);
    const std::vector<float> x = whole_numbers(shape.size());
    const std::vector<float> weight = whole_numbers(g.weight_count());
    const std::vector<float> bias = whole_numbers(static_cast<std::size_t>(g.out_channels));

    std::vector<float> expected(result.size());
    reference::conv_forward(g, View<const float>(x.data(), 1, shape), weight.data(), bias.data(),
                            View<float>(expected.data(), 1, result));

    float* device_x = on_device(x);
    float* device_weight = on_device(weight);
    float* device_bias = on_device(bias);
    float* device_y = on_device(std::vector<float>(result.size()));
    const Plane plane_x{device_x, shape.height, shape.width};
    const Plane plane_y{device_y, result.height, result.width};
    const auto blocks = static_cast<unsigned>((result.size() + 255) / 256);
    convolve<<<blocks, 256>>>(g, plane_x, device_weight, device_bias, plane_y);
    bool equal = succeeded(cudaGetLastError(), "convolve") && from_device(device_y, result.size()) == expected;
    cudaMemset(device_y, 0, result.size() * sizeof(float));
    convolve_specialised<g.kernel, g.stride><<<blocks, 256>>>(g, plane_x, device_weight, device_bias, plane_y);
    equal = succeeded(cudaGetLastError(), "convolve_specialised") && from_device(device_y, result.size()) == expected &&
            equal;
    for (float* memory : {device_x, device_weight, device_bias, device_y}) cudaFree(memory);
    return equal;
}

bool same_constants() {
    int* result = on_device(std::vector<int>(3));
    constants<Depixelizer::parameter_count, Depixelizer::output({3, 64, 256}).width><<<1, 1>>>(result);
    const bool launched = succeeded(cudaGetLastError(), "constants");
    const bool equal = launched && from_device(result, 3) == std::vector<int>{5103, 8, 256};
    cudaFree(result);
    return equal;
}

}  // namespace

int main() {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::printf("No GPU: the kernels were compiled, not run.\n");
        return 0;
    }
    const bool good = same_constants() && same_convolution<Conv<3, 6>>({3, 16, 24}) &&
                      same_convolution<Conv<4, 5, 3, Stride<2>>>({4, 15, 9}) &&
                      same_convolution<Conv<2, 3, 2, Padding<0, 1>>>({2, 7, 7});
    std::printf(good ? "The kernels' results equal the textbook's.\n" : "The kernels' results are wrong.\n");
    return good ? 0 : 1;
}
